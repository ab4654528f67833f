/** The Redis and PostgreSQL adapters of Socket.IO, unchanged, on our `socket.io-adapter`, in one cluster with unswapped ones. */
import { execFile } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:http";
import { createRequire } from "node:module";
import type { AddressInfo } from "node:net";
import { promisify } from "node:util";
import { Emitter } from "@socket.io/redis-emitter";
import { ClusterAdapter } from "@sockeye/compat-socket.io-adapter";
import { PostgresProcess, postgresInstalled } from "@sockeye/postgres/testing";
import { RedisProcess, redisInstalled } from "@sockeye/redis/testing";
import { Server as OurServer } from "@sockeye/server";
import { Pool } from "pg";
import { createClient } from "redis";
import { Server, type ServerOptions } from "socket.io";
import { type Socket as Client, io as connect } from "socket.io-client";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { removeScratch, withOurAdapter } from "./scratch.ts";

type RedisClient = ReturnType<typeof createClient>;

// The test speaks to both through the official types.
const Ours = OurServer as unknown as typeof Server;

const plain = createRequire(import.meta.url);
const kinds = {
  "redis-adapter": async (load: NodeJS.Require) =>
    (load("@socket.io/redis-adapter") as typeof import("@socket.io/redis-adapter")).createAdapter(
      await redisClient(),
      await redisClient(),
    ),
  "redis-adapter, sharded": async (load: NodeJS.Require) =>
    (load("@socket.io/redis-adapter") as typeof import("@socket.io/redis-adapter")).createShardedAdapter(
      await redisClient(),
      await redisClient(),
    ),
  "redis-streams-adapter": async (load: NodeJS.Require) =>
    (
      load("@socket.io/redis-streams-adapter") as typeof import("@socket.io/redis-streams-adapter")
    ).createAdapter(await redisClient()),
  "postgres-adapter": async (load: NodeJS.Require) =>
    (load("@socket.io/postgres-adapter") as typeof import("@socket.io/postgres-adapter")).createAdapter(
      await postgresPool(),
    ),
};

const installed = redisInstalled();
const postgresIsInstalled = postgresInstalled();
let redis: RedisProcess;
let postgres: PostgresProcess;
let swapped: NodeJS.Require;
let undo: Array<() => unknown> = [];

beforeAll(async () => {
  if (installed) redis = await RedisProcess.start();
  if (postgresIsInstalled) postgres = await PostgresProcess.start();
  swapped = await withOurAdapter([
    "@socket.io/redis-adapter",
    "@socket.io/redis-streams-adapter",
    "@socket.io/postgres-adapter",
    "@socket.io/cluster-adapter",
    "socket.io",
  ]);
}, 60_000);

afterAll(async () => {
  removeScratch();
  await redis?.stop();
  await postgres?.remove();
});

afterEach(async () => {
  for (const task of undo.splice(0).reverse()) await task();
  undo = [];
});

async function redisClient(): Promise<RedisClient> {
  const client = createClient({ url: redis.url });
  await client.connect();
  undo.push(() => client.close());
  return client;
}

/** With the table that the adapter wants for what does not fit into a notification. */
async function postgresPool(): Promise<Pool> {
  const pool = new Pool({ connectionString: postgres.url, max: 4 });
  undo.push(() => pool.end());
  await pool.query(
    "create table if not exists socket_io_attachments (id bigserial unique, created_at timestamptz default now(), payload bytea)",
  );
  return pool;
}

async function serve(load: NodeJS.Require, kind: keyof typeof kinds, Kind = Server): Promise<Server> {
  const adapter = (await kinds[kind](load)) as ServerOptions["adapter"];
  const http = createServer().listen(0, "127.0.0.1");
  await once(http, "listening");
  const server = new Kind(http, { adapter });
  undo.push(() => server.close());
  return server;
}

async function client(server: Server, name: string): Promise<Client> {
  const { port } = server.httpServer.address() as AddressInfo;
  const socket = connect(`http://127.0.0.1:${port}`, { transports: ["websocket"], forceNew: true });
  undo.push(() => socket.close());
  socket.on("who", (answer: (name: string) => void) => answer(name));
  const joined = once(server, "connection").then(([it]) => it.join("r1"));
  await Promise.all([joined, new Promise<void>((resolve) => socket.once("connect", resolve))]);
  return socket;
}

const heard = (socket: Client, event: string): Promise<unknown[]> =>
  new Promise((resolve) => socket.once(event, (...args) => resolve(args)));

async function until(condition: () => Promise<boolean>): Promise<void> {
  while (!(await condition())) await new Promise((resolve) => setTimeout(resolve, 10));
}

describe.each(Object.keys(kinds) as Array<keyof typeof kinds>)("%s", (kind) => {
  test.skipIf(!(kind === "postgres-adapter" ? postgresIsInstalled : installed)).each([
    ["both on our face", () => swapped, Server, Server],
    ["one of them not swapped", () => plain, Server, Server],
    ["the adapter not swapped, our servers", () => plain, Ours, Ours],
    ["socket.io on our face, our server with the adapter not swapped", () => plain, Server, Ours],
    ["our servers on our face", () => swapped, Ours, Ours],
  ])("everything reaches the other server: %s", async (_, other, First, Second) => {
    const [a, b] = [
      await serve(First === Ours ? other() : swapped, kind, First),
      await serve(other(), kind, Second),
    ];
    await until(async () => (await a.of("/").adapter.serverCount()) === 2);
    await until(async () => (await b.of("/").adapter.serverCount()) === 2);
    const [x, y] = [await client(a, "x"), await client(b, "y")];
    const both = [x, y].map((socket) => heard(socket, "hi"));
    a.to("r1").emit("hi", { n: 1 }, Buffer.from([1]));
    expect(await Promise.all(both)).toEqual(Array(2).fill([{ n: 1 }, Buffer.from([1])]));
    expect((await b.timeout(5000).emitWithAck("who")).toSorted()).toEqual(["x", "y"]);
    expect((await a.in("r1").fetchSockets()).map(({ id }) => id).toSorted()).toEqual([x.id, y.id].toSorted());
    b.on("question", (n: number, answer: (m: number) => void) => answer(n + 1));
    expect(await a.serverSideEmitWithAck("question", 1)).toEqual([2]);
    const gone = heard(y, "disconnect");
    a.in("r1").disconnectSockets();
    await gone;
  });
});

test.skipIf(!installed)("redis-emitter reaches the clients of servers on our face", async () => {
  const x = await client(await serve(swapped, "redis-adapter"), "x");
  const hi = heard(x, "hi");
  new Emitter(await redisClient()).to("r1").emit("hi", 1);
  expect(await hi).toEqual([1]);
});

test("cluster-adapter connects the workers of Node's cluster, socket.io itself being on our face too", async () => {
  const { stdout } = await promisify(execFile)(process.execPath, [swapped.resolve("./workers.cjs")]);
  expect(JSON.parse(stdout)).toEqual({ servers: 3, answers: ["pong", "pong"], face: true });
});

test("the swapped packages run on our classes", () => {
  const { ClusterAdapter: face, MessageType } = swapped("socket.io-adapter") as {
    ClusterAdapter: typeof ClusterAdapter;
    MessageType: Record<string, unknown>;
  };
  expect(Object.getOwnPropertyNames(face.prototype)).toEqual(
    Object.getOwnPropertyNames(ClusterAdapter.prototype),
  );
  expect([MessageType.BROADCAST, MessageType[3]]).toEqual([3, "BROADCAST"]);
});
