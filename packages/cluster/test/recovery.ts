/** Clients that move between servers, on any log. */
import { once } from "node:events";
import { createServer, type Server as HttpServer } from "node:http";
import type { AddressInfo, Socket as TcpSocket } from "node:net";
import { type ClusterAdapter, cluster, type DurableBus } from "@sockeye/cluster";
import { Server } from "@sockeye/server";
import { type Socket as Client, Manager } from "socket.io-client";

/** One server of a cluster, that can be cut off without a word. */
export class Node {
  readonly io: Server;
  readonly http: HttpServer;
  readonly durable: DurableBus;
  readonly #sockets = new Set<TcpSocket>();

  constructor(durable: DurableBus, options: object = {}) {
    this.durable = durable;
    this.http = createServer();
    this.http.on("connection", (socket) => {
      this.#sockets.add(socket);
      socket.on("close", () => this.#sockets.delete(socket));
    });
    this.io = new Server(this.http, {
      adapter: cluster(durable, { heartbeatInterval: 200, heartbeatTimeout: 2_000 }),
      connectionStateRecovery: {},
      ...options,
    });
  }

  static async start(durable: DurableBus, options: object = {}): Promise<Node> {
    const node = new Node(durable, options);
    node.http.listen(0, "127.0.0.1");
    await once(node.http, "listening");
    return node;
  }

  get adapter(): ClusterAdapter {
    return this.io.of("/").adapter as unknown as ClusterAdapter;
  }

  get port(): number {
    return (this.http.address() as AddressInfo).port;
  }

  /** Ends all connections of clients, as a network does. */
  reset(): void {
    for (const socket of this.#sockets) socket.destroy();
  }
}

/** A client that keeps what it is sent, and can be sent to another server. */
export class Traveller {
  readonly socket: Client;
  readonly events: unknown[][] = [];
  readonly #manager: Manager;
  #wake = (): void => {};

  constructor(node: Node) {
    this.#manager = new Manager(`http://127.0.0.1:${node.port}`, {
      transports: ["websocket"],
      reconnection: false,
      forceNew: true,
    });
    this.socket = this.#manager.socket("/");
    this.socket.onAny((...args: unknown[]) => {
      // Without the offset.
      this.events.push(args.slice(0, -1));
      this.#wake();
    });
  }

  async arrive(node: Node): Promise<this> {
    (this.#manager as unknown as { uri: string }).uri = `http://127.0.0.1:${node.port}`;
    const arrived = new Promise<void>((resolve, reject) => {
      this.socket.once("connect", resolve);
      this.#manager.once("error", reject);
    });
    this.socket.connect();
    this.#manager.connect();
    await arrived;
    return this;
  }

  /** Loses the connection, as by a network that resets it. */
  async lose(): Promise<void> {
    const lost = this.ended();
    (this.#manager as unknown as { engine: { close(): void } }).engine.close();
    await lost;
  }

  /** Resolves when it notices that its connection has ended. */
  ended(): Promise<unknown> {
    return new Promise((resolve) => this.socket.once("disconnect", resolve));
  }

  async until(event: string): Promise<unknown[][]> {
    while (this.events.at(-1)?.[0] !== event) await this.next();
    return this.events;
  }

  /** Resolves when one more event has come. */
  next(): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = resolve;
    });
  }

  end(): void {
    this.socket.disconnect();
  }
}
