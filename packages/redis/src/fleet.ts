/** The servers of a Redis Cluster, through the client of either library: who has which slots, and a connection to one. */
import type { Address, Connection, ConnectionHandler } from "./connection.ts";
import { IoredisConnection, type IoredisLike } from "./ioredis.ts";
import { AS_BUFFERS, NodeRedisConnection, type NodeRedisLike } from "./node-redis.ts";
import { rangesOf, type SlotRange } from "./slots.ts";

/** What a bus needs of the client of a cluster, whichever library makes it. */
export interface Fleet {
  /** Asks any server that answers; rejects when none does. */
  ranges(): Promise<SlotRange[]>;
  /** Connects to a server of the ranges. */
  connect(address: Address, sharded: boolean, handler: ConnectionHandler): Connection;
  close(): void;
}

/** What a bus needs of a `Cluster` of ioredis (version 5). */
export interface IoredisClusterLike {
  readonly status: string;
  nodes(role: "all"): IoredisLike[];
  duplicate(servers: [], override: { lazyConnect: boolean; shardedSubscribers: boolean }): IoredisClusterLike;
  on(event: "error", listener: () => void): unknown;
  disconnect(): void;
}

/** What a bus needs of node-redis' `createCluster` (package `redis`, version 5). */
export interface NodeRedisClusterLike {
  readonly isOpen: boolean;
  readonly masters: ReadonlyArray<{ readonly address: string }>;
  duplicate(): NodeRedisClusterLike;
  connect(): Promise<unknown>;
  nodeClient(node: { readonly address: string }): Promise<NodeRedisLike> | NodeRedisLike;
  on(event: "error", listener: () => void): unknown;
  destroy(): unknown;
}

/** Milliseconds that a server may take to answer, before the next one is asked. */
const PATIENCE = 1_000;

export class IoredisFleet implements Fleet {
  readonly #cluster: IoredisClusterLike;
  #known: IoredisLike | undefined;

  constructor(client: IoredisClusterLike) {
    this.#cluster = client.duplicate([], { lazyConnect: false, shardedSubscribers: false });
    // The application's own client meets the same error and reports it.
    this.#cluster.on("error", () => {});
  }

  ranges(): Promise<SlotRange[]> {
    return firstAnswer(this.#cluster.nodes("all"), async (node) => {
      const answer = await node.callBuffer("CLUSTER", ["SLOTS"]);
      this.#known = node;
      return rangesOf(answer, node.options?.host);
    });
  }

  connect(address: Address, sharded: boolean, handler: ConnectionHandler): Connection {
    return new IoredisConnection(known(this.#known), sharded, handler, address);
  }

  close(): void {
    this.#cluster.disconnect();
  }
}

export class NodeRedisFleet implements Fleet {
  readonly #client: NodeRedisClusterLike;
  #cluster: NodeRedisClusterLike | undefined;
  #known: NodeRedisLike | undefined;

  constructor(client: NodeRedisClusterLike) {
    this.#client = client;
  }

  async ranges(): Promise<SlotRange[]> {
    this.#cluster ??= await opened(this.#client.duplicate());
    const cluster = this.#cluster;
    try {
      return await firstAnswer(cluster.masters, async (master) => {
        const node = await cluster.nodeClient(master);
        const answer = await node.sendCommand(["CLUSTER", "SLOTS"], AS_BUFFERS);
        this.#known = node;
        const { host } = (node.options?.socket ?? {}) as { host?: string };
        return rangesOf(answer, host);
      });
    } catch (error) {
      // It does not look for other servers by itself: the next one begins with those that the application has named.
      this.close();
      throw error;
    }
  }

  connect(address: Address, sharded: boolean, handler: ConnectionHandler): Connection {
    return new NodeRedisConnection(known(this.#known), sharded, handler, address);
  }

  close(): void {
    if (this.#cluster?.isOpen) this.#cluster.destroy();
    this.#cluster = undefined;
  }
}

async function opened(cluster: NodeRedisClusterLike): Promise<NodeRedisClusterLike> {
  cluster.on("error", () => {});
  await cluster.connect();
  return cluster;
}

function known<Client>(client: Client | undefined): Client {
  if (!client) throw new Error("redis: expected to have heard of the cluster from a server");
  return client;
}

/** Asks one server after the other. */
async function firstAnswer<Server, Answer>(
  servers: readonly Server[],
  ask: (server: Server) => Promise<Answer>,
): Promise<Answer> {
  let reason: unknown = new Error("redis: expected a server of the cluster, none is known");
  for (const server of servers) {
    let patience: NodeJS.Timeout | undefined;
    const silence = new Promise<never>((_, reject) => {
      patience = setTimeout(() => reject(new Error("redis: no answer")), PATIENCE).unref();
    });
    try {
      return await Promise.race([ask(server), silence]);
    } catch (error) {
      reason = error;
    } finally {
      clearTimeout(patience);
    }
  }
  throw reason;
}
