/** A client continues on any server where it was, on every engine that has a log. */
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type DurableBus, Emitter, type LogLimits } from "@sockeye/cluster";
import { nextState } from "@sockeye/cluster/testing";
import { jetStream } from "@sockeye/nats";
import { NatsProcess, natsInstalled } from "@sockeye/nats/testing";
import { postgresLog } from "@sockeye/postgres";
import { PostgresProcess, postgresInstalled } from "@sockeye/postgres/testing";
import { redisStreams } from "@sockeye/redis";
import { RedisProcess, redisInstalled } from "@sockeye/redis/testing";
import type { Socket } from "@sockeye/server";
import { Redis } from "ioredis";
import { connect, headers } from "nats";
import { Pool } from "pg";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { Node, Traveller } from "./recovery.ts";

interface Connection {
  readonly durable: DurableBus;
  /** Leaves without a word to anybody. */
  close(): Promise<unknown>;
}

interface Engine {
  readonly process: { start(): Promise<void>; stop(): Promise<void>; url: string };
  /** A server's connection to the log of this name. */
  connect(name: string, limits: LogLimits): Promise<Connection>;
  end(): Promise<void>;
}

const engines: Array<[name: string, installed: () => boolean, start: (folder: string) => Promise<Engine>]> = [
  [
    "Redis Streams",
    redisInstalled,
    async (folder) => {
      const process = await RedisProcess.start(folder);
      return {
        process,
        end: () => process.stop(),
        async connect(keyPrefix, limits) {
          const client = new Redis(process.url, { retryStrategy: () => 20, lazyConnect: true });
          client.on("error", () => {});
          const durable = redisStreams(client, { keyPrefix, ...limits });
          return { durable, close: () => durable.close() };
        },
      };
    },
  ],
  [
    "NATS JetStream",
    natsInstalled,
    async (folder) => {
      const process = await NatsProcess.start(folder);
      return {
        process,
        end: () => process.stop(),
        async connect(name, limits) {
          const connection = await connect({
            servers: process.url,
            maxReconnectAttempts: -1,
            reconnectTimeWait: 20,
          });
          const durable = jetStream(connection, { headers, name, ...limits });
          return { durable, close: () => connection.close() };
        },
      };
    },
  ],
  [
    "PostgreSQL",
    postgresInstalled,
    async () => {
      const process = await PostgresProcess.start();
      return {
        process,
        end: () => process.remove(),
        async connect(prefix, limits) {
          const pool = new Pool({ connectionString: process.url, max: 3 });
          pool.on("error", () => {});
          const durable = postgresLog(pool, { prefix, onError: () => {}, ...limits });
          return {
            durable,
            close: () => durable.bus.close().then(() => (pool.ending ? undefined : pool.end())),
          };
        },
      };
    },
  ],
];

let logs = 0;

for (const [name, installed, startEngine] of engines) {
  describe.skipIf(!installed())(`recovery over ${name}`, () => {
    let folder: string;
    let engine: Engine;
    let nodes: Array<Node & { connection: Connection }>;
    let travellers: Traveller[];
    let log: string;
    let limits: LogLimits;

    beforeAll(async () => {
      folder = await mkdtemp(join(tmpdir(), "sockeye-recovery-"));
      engine = await startEngine(folder);
    }, 60_000);

    afterAll(async () => {
      await engine?.end();
      await rm(folder, { recursive: true });
    });

    beforeEach(() => {
      log = `log${++logs}`;
      limits = {};
      nodes = [];
      travellers = [];
    });

    afterEach(async () => {
      for (const traveller of travellers) traveller.end();
      await Promise.all(nodes.map(({ io }) => io.close()));
      await Promise.all(nodes.map(({ connection }) => connection.close()));
    });

    async function start(): Promise<Node> {
      const connection = await engine.connect(log, limits);
      nodes.push(Object.assign(await Node.start(connection.durable), { connection }));
      for (const { adapter } of nodes)
        while (adapter.clusterState.servers < nodes.length) await once(adapter, "cluster_state");
      return nodes.at(-1) as Node;
    }

    async function enter(node: Node, ...rooms: string[]): Promise<[Traveller, Socket]> {
      const traveller = new Traveller(node);
      travellers.push(traveller);
      const socket = await arrive(traveller, node);
      await socket.join(rooms);
      return [traveller, socket];
    }

    async function arrive(traveller: Traveller, node: Node): Promise<Socket> {
      const connected = once(node.io, "connection");
      await traveller.arrive(node);
      return ((await connected) as [Socket])[0];
    }

    /** The connection is lost, and its server has noticed. */
    async function lose(traveller: Traveller, socket: Socket): Promise<void> {
      const gone = once(socket, "disconnect");
      await traveller.lose();
      await gone;
    }

    test("what it missed comes on another server, once, in order, with its rooms and data", async () => {
      const [a, b] = [await start(), await start()];
      const [client, socket] = await enter(a, "room", "other");
      socket.data = { name: "Ada" };
      const { id } = client.socket;
      b.io.to("room").emit("n", 1);
      await client.until("n");
      await lose(client, socket);
      await say(b, ["room"], "n", 2, Buffer.from([1, 2]));
      await say(a, [], "n", 3);
      await say(b, ["elsewhere"], "n", "not mine");
      await say(a, ["room", "other", "elsewhere"], "n", 4);
      b.io.except("room").emit("n", "not mine");
      await say(a, ["x", "y"], "n", "not mine");
      await say(b, ["other"], "n", 5);
      const again = await arrive(client, b);
      expect([client.socket.recovered, client.socket.id, again.recovered]).toEqual([true, id, true]);
      expect([again.data, [...again.rooms].sort()]).toEqual([{ name: "Ada" }, [id, "other", "room"].sort()]);
      await say(a, ["other"], "n", 6);
      again.emit("end");
      const expected = [
        ["n", 1],
        ["n", 2, Buffer.from([1, 2])],
        ["n", 3],
        ["n", 4],
        ["n", 5],
        ["n", 6],
        ["end"],
      ];
      expect(await client.until("end")).toEqual(expected);
    });

    test("who is spoken to in a room without waiting for the join is reached, on its own server", async () => {
      const a = await start();
      const [client, socket] = await enter(a);
      for (let n = 1; n <= 5; n++) {
        void socket.join(`room${n}`);
        a.io.to(`room${n}`).emit("n", n);
      }
      socket.emit("end");
      expect(await client.until("end")).toEqual([...numbered(5), ["end"]]);
    });

    test("what follows a socketsJoin or a socketsLeave finds the sockets of other servers where they are told to be", async () => {
      const [a, b] = [await start(), await start()];
      const [client] = await enter(b, "crew");
      for (let n = 1; n <= 5; n++) {
        a.io.in("crew").socketsJoin(`room${n}`);
        a.io.to(`room${n}`).emit("n", n);
      }
      a.io.to("crew").emit("middle");
      await client.until("middle");
      for (let n = 1; n <= 5; n++) {
        a.io.in("crew").socketsLeave(`room${n}`);
        a.io.to(`room${n}`).emit("n", "not mine");
      }
      a.io.to("crew").emit("end");
      expect(await client.until("end")).toEqual([...numbered(5), ["middle"], ["end"]]);
    });

    test("who goes from a room has what was said to it before, and nothing of what was said while it was not in it", async () => {
      const [a, b] = [await start(), await start()];
      const [client, socket] = await enter(a, "room", "other");
      a.io.to("room").emit("n", 1);
      void socket.leave("room");
      a.io.to("room").emit("n", "not mine");
      void socket.join("room");
      a.io.to("room").emit("n", 2);
      a.io.in("other").socketsLeave("room");
      a.io.to("room").emit("n", "not mine");
      void socket.join("late");
      a.io.to("other").except("room").emit("n", 3);
      void socket.join("room");
      await say(a, ["late"], "n", 4);
      await client.until("n");
      await lose(client, socket);
      await say(b, ["late"], "n", 5);
      const again = await arrive(client, b);
      expect([again.recovered, again.rooms.has("room")]).toEqual([true, true]);
      await say(a, ["room"], "end");
      expect(await client.until("end")).toEqual([...numbered(5), ["end"]]);
    });

    test("it has that on another server too when it was lost on the way, and what was said by others while it left", async () => {
      const [a, b] = [await start(), await start()];
      const [client, socket] = await enter(a, "room", "other");
      await say(a, ["room"], "n", 1);
      await client.until("n");
      const gone = Promise.all([once(socket, "disconnect"), client.ended()]);
      a.io.to("room").emit("n", 2);
      void socket.leave("room");
      a.io.to("room").emit("n", "not mine");
      const inLog = say(a, [socket.id], "n", 3);
      a.reset();
      await Promise.all([gone, inLog]);
      await say(b, ["room"], "n", "not mine");
      await say(b, ["other"], "n", 4);
      const again = await arrive(client, b);
      expect([again.recovered, again.rooms.has("room")]).toEqual([true, false]);
      await say(a, ["other"], "end");
      expect(await client.until("end")).toEqual([...numbered(4), ["end"]]);
    });

    test.each<[string, (socket: Socket, node: Node) => void]>([
      ["socket.disconnect()", (socket) => void socket.disconnect()],
      ["socket.disconnect(true)", (socket) => void socket.disconnect(true)],
      ["disconnectSockets()", (_, { io }) => io.in("room").disconnectSockets()],
    ])("whom its server disconnects by %s has what was said to it before", async (_, disconnect) => {
      const a = await start();
      const [client, socket] = await enter(a, "room");
      const left = client.ended();
      a.io.to("room").emit("n", 1);
      a.io.emit("n", 2, Buffer.from([1]));
      a.io.to("elsewhere").emit("n", "not mine");
      socket.emit("n", 3);
      disconnect(socket, a);
      a.io.to("room").emit("n", "not mine");
      await left;
      expect(client.events).toEqual([
        ["n", 1],
        ["n", 2, Buffer.from([1])],
        ["n", 3],
      ]);
    });

    test("sockets of other servers leave, and are disconnected, after what was said to them before", async () => {
      const [a, b] = [await start(), await start()];
      const [client] = await enter(b, "room", "room 1", "room 3", "room 5");
      for (const n of [1, 3, 5]) {
        a.io.to(`room ${n}`).emit("n", n);
        a.io.in("room").socketsLeave(`room ${n}`);
        a.io.to(`room ${n}`).emit("n", "not mine");
        a.io.to("room").emit("n", n + 1);
      }
      const left = client.ended();
      a.io.emit("n", 7);
      a.io.in("room").disconnectSockets();
      const others = a.io.fetchSockets();
      a.io.emit("n", "not mine");
      await left;
      expect([client.events, await others]).toEqual([numbered(7), []]);
    });

    test("so they do when an emitter says it", async () => {
      const b = await start();
      const [client] = await enter(b, "room");
      const { durable, close } = await engine.connect(log, limits);
      const emitter = new Emitter(durable);
      const left = client.ended();
      emitter.to("room").emit("n", 1);
      emitter.in("room").socketsLeave("room");
      emitter.emit("n", 2);
      emitter.disconnectSockets(true);
      await left;
      expect(client.events).toEqual(numbered(2));
      await emitter.close();
      await close();
    });

    test("its server has vanished without a word", async () => {
      const [a, b] = [await start(), await start()];
      const [client, socket] = await enter(a, "room");
      const [{ connection }] = nodes as [(typeof nodes)[0]];
      await connection.close();
      a.reset();
      await client.lose();
      await say(b, ["room"], "n", 1);
      await say(b, [socket.id], "n", 2);
      const again = await arrive(client, b);
      expect([again.recovered, again.rooms.has("room")]).toEqual([true, true]);
      again.emit("end");
      expect(await client.until("end")).toEqual([["n", 1], ["n", 2], ["end"]]);
    });

    test("the engine was away meanwhile: what was said before and during that comes, to those who stayed too", async () => {
      const [a, b] = [await start(), await start()];
      const [client, socket] = await enter(a, "room");
      const [stayed] = await enter(b, "room");
      await lose(client, socket);
      await say(b, ["room"], "n", 1);
      const down = [a, b].map(({ durable }) => nextState(durable.bus, "down"));
      await engine.process.stop();
      await Promise.all(down);
      b.io.to("room").emit("n", 2);
      const up = [a, b].map(({ durable }) => nextState(durable.bus, "up"));
      await engine.process.start();
      await Promise.all(up);
      await say(b, ["room"], "n", 3);
      const again = await arrive(client, b);
      expect(again.recovered).toBe(true);
      await say(a, ["room"], "end");
      const expected = [["n", 1], ["n", 2], ["n", 3], ["end"]];
      for (const traveller of [client, stayed]) expect(await traveller.until("end")).toEqual(expected);
    });

    test("where the log does not reach back any longer, it begins anew and the reason is told", async () => {
      limits = { maxEntries: 3 };
      const [a, b] = [await start(), await start()];
      const [client, socket] = await enter(a, "room");
      await lose(client, socket);
      for (let n = 0; n < 8; n++) await say(a, ["room"], "n", n);
      const reason = once(b.adapter, "recovery_failed");
      const again = await arrive(client, b);
      expect(await reason).toEqual(["trimmed", expect.any(String)]);
      expect([again.recovered, client.socket.recovered]).toEqual([false, false]);
    });

    test("clients that roam under load receive everything once, in order", async () => {
      const servers = [await start(), await start(), await start()] as const;
      const at = (n: number): Node => servers[n % 3] as Node;
      const clients = await Promise.all(
        Array.from({ length: 6 }, async (_, n) => {
          const traveller = new Traveller(at(n));
          travellers.push(traveller);
          await traveller.arrive(at(n));
          const socket = at(n)
            .io.of("/")
            .sockets.get(traveller.socket.id ?? "") as Socket;
          await socket.join(`room ${n % 2}`);
          return traveller;
        }),
      );
      const expected: unknown[][][] = [[], []];
      let speaking = true;
      const speaks = (async () => {
        for (let n = 0; speaking; n++) {
          expected[n % 2]?.push(["n", n]);
          await say(at(0), [`room ${n % 2}`], "n", n);
        }
      })();
      for (let round = 1; round <= 4; round++) {
        await Promise.all(
          clients.map(async (client, n) => {
            await client.lose();
            await client.arrive(at(n + round));
            expect(client.socket.recovered).toBe(true);
          }),
        );
      }
      speaking = false;
      await speaks;
      for (const room of [0, 1]) await say(at(1), [`room ${room}`], "end");
      for (const [n, client] of clients.entries()) {
        expect(await client.until("end")).toEqual([...(expected[n % 2] ?? []), ["end"]]);
      }
      // Twenty-four moves over a real engine: a busy machine takes ten seconds for them.
    }, 30_000);
  });
}

/** Emits to these rooms; resolves when that is in the log. */
async function say({ adapter }: Node, rooms: string[], ...args: unknown[]): Promise<void> {
  await adapter.broadcast({ type: 2, data: args }, { rooms: new Set(rooms) });
}

function numbered(count: number): unknown[][] {
  return Array.from({ length: count }, (_, index) => ["n", index + 1]);
}
