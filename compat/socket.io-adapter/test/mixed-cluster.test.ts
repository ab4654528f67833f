/** Clusters of two servers: official ones, ours, and one of each. */
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { FakeNamespace } from "@sockeye/adapter/testing";
import { ClusterAdapterWithHeartbeat } from "@sockeye/compat-socket.io-adapter";
import { FakeClock } from "@sockeye/core/testing";
import { Server } from "socket.io";
import * as official from "socket.io-adapter";
import { type Socket as Client, io as connect } from "socket.io-client";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { Bus, busAdapter, type HeartbeatClass } from "./bus.ts";

const theirs = official.ClusterAdapterWithHeartbeat;
const ours = ClusterAdapterWithHeartbeat as unknown as HeartbeatClass;

let bus: Bus;
let servers: Server[];
let clients: Client[];

async function serve(Base: HeartbeatClass): Promise<Server> {
  const http = createServer().listen(0, "127.0.0.1");
  await once(http, "listening");
  const server = new Server(http, { adapter: busAdapter(Base, bus) });
  servers.push(server);
  return server;
}

async function client(server: Server, ...rooms: string[]): Promise<Client> {
  const { port } = server.httpServer.address() as AddressInfo;
  const socket = connect(`http://127.0.0.1:${port}`, { transports: ["websocket"], forceNew: true });
  clients.push(socket);
  const joined = once(server, "connection").then(([socket]) => socket.join(rooms));
  await Promise.all([joined, new Promise<void>((resolve) => socket.once("connect", resolve))]);
  return socket;
}

const heard = (socket: Client, event: string): Promise<unknown[]> =>
  new Promise((resolve) => socket.once(event, (...args) => resolve(args)));

const turns = async (): Promise<void> => {
  for (let turn = 0; turn < 5; turn++) await new Promise((resolve) => setImmediate(resolve));
};

beforeEach(() => {
  bus = new Bus();
  servers = [];
  clients = [];
});

afterEach(async () => {
  for (const socket of clients) socket.close();
  await Promise.all(servers.map((server) => server.close()));
});

describe.each([
  ["official and official (control)", theirs, theirs],
  ["ours and ours", ours, ours],
  ["official and ours", theirs, ours],
  ["ours and official", ours, theirs],
])("%s", (_, first, second) => {
  let a: Server;
  let b: Server;

  beforeEach(async () => {
    [a, b] = [await serve(first), await serve(second)];
    await turns();
  });

  test("count each other, until one leaves", async () => {
    expect(await a.of("/").adapter.serverCount()).toBe(2);
    expect(await b.of("/").adapter.serverCount()).toBe(2);
    await b.of("/").adapter.close();
    await turns();
    expect(await a.of("/").adapter.serverCount()).toBe(1);
  });

  test("broadcast to rooms of both, with exceptions and binary", async () => {
    const [x, y, z] = [await client(a, "r1"), await client(b, "r1"), await client(b, "r1", "r2")];
    const got = [x, y].map((socket) => heard(socket, "hi"));
    const stray: unknown[] = [];
    z.on("hi", () => stray.push("hi"));
    const end = heard(z, "end");
    a.to("r1")
      .except("r2")
      .emit("hi", 1, Buffer.from([1, 2]));
    expect(await Promise.all(got)).toEqual(Array(2).fill([1, Buffer.from([1, 2])]));
    a.emit("end");
    await end;
    expect(stray).toEqual([]);
  });

  test("local broadcasts stay local", async () => {
    const [x, y] = [await client(a), await client(b)];
    const stray: unknown[] = [];
    y.on("here", () => stray.push(1));
    const [here, end] = [heard(x, "here"), heard(y, "end")];
    a.local.emit("here");
    a.emit("end");
    await Promise.all([here, end]);
    expect(stray).toEqual([]);
  });

  test("gather acknowledgements of clients of both", async () => {
    for (const [server, name] of [
      [a, "x"],
      [b, "y"],
      [b, "z"],
    ] as const) {
      (await client(server)).on("who", (answer) => answer(name));
    }
    const names = await a.timeout(5000).emitWithAck("who");
    expect(names.toSorted()).toEqual(["x", "y", "z"]);
  });

  test("fetch, move and disconnect sockets of the other", async () => {
    const y = await client(b, "r1");
    b.sockets.sockets.get(y.id as string)?.join("own");
    const [remote] = await a.in("r1").fetchSockets();
    expect(remote).toMatchObject({ id: y.id, data: {} });
    expect([...(remote?.rooms ?? [])]).toEqual([y.id, "r1", "own"]);
    a.in("r1").socketsJoin(["r2", "r3"]);
    a.in("r1").socketsLeave("r1");
    await turns();
    expect([...b.of("/").adapter.rooms.keys()]).toEqual([y.id, "own", "r2", "r3"]);
    const gone = heard(y, "disconnect");
    a.in("r2").disconnectSockets(true);
    await gone;
  });

  test("emit to one another, with and without acknowledgement", async () => {
    b.on("question", (n: number, answer: (value: number) => void) => answer(n + 1));
    expect(await a.serverSideEmitWithAck("question", 1)).toEqual([2]);
    const told = once(b, "news");
    a.serverSideEmit("news", "x");
    expect(await told).toEqual(["x"]);
  });
});

describe("ours", () => {
  test("does not wait for a server that dies in the middle of a request", async () => {
    const clock = new FakeClock();
    const options = { heartbeatInterval: 1000, heartbeatTimeout: 2000, clock };
    const [a, b] = [0, 1].map(() => {
      const nsp = new FakeNamespace();
      const adapter = new (busAdapter(ours, bus, options))(nsp);
      nsp.adapter = adapter;
      nsp.connect("own");
      adapter.init();
      return adapter as official.Adapter & { silence(): void };
    }) as [official.Adapter, official.Adapter & { silence(): void }];
    await turns();
    expect(await a.serverCount()).toBe(2);
    b.silence();
    vi.spyOn(bus, "publish").mockImplementation(() => {});
    const fetched = a.fetchSockets({ rooms: new Set() });
    await turns();
    clock.advance(2000);
    expect((await fetched).map(({ id }) => id)).toEqual(["own"]);
    expect(await a.serverCount()).toBe(1);
    vi.restoreAllMocks();
  });

  test("goes on serving its own sockets when the bus is down, and tells", async () => {
    const a = await serve(ours);
    const x = await client(a);
    bus.down = true;
    const errors: unknown[] = [];
    a.of("/").adapter.on("publish_error", (error) => errors.push(error));
    const hi = heard(x, "hi");
    a.emit("hi");
    await hi;
    expect(String(errors[0])).toContain("bus is down");
    bus.down = false;
  });
});
