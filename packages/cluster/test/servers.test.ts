/** Our cluster under Socket.IO's servers and ours, and under one of each: what applications call. */
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { type ClusterAdapter, type ClusterState, cluster, Emitter } from "@sockeye/cluster";
import { MemoryHub } from "@sockeye/cluster/testing";
import { Server as OurServer } from "@sockeye/server";
import { Server } from "socket.io";
import { type Socket as Client, io as connect } from "socket.io-client";
import { afterEach, beforeEach, describe, expect, test } from "vitest";

// The test speaks to both through the official types.
const Ours = OurServer as unknown as typeof Server;

const adapterOf = (server: Server): ClusterAdapter => server.of("/").adapter as unknown as ClusterAdapter;

const heard = (socket: Client, event: string): Promise<unknown[]> =>
  new Promise((resolve) => socket.once(event, (...args) => resolve(args)));

function circle(): object {
  const circle: { self?: object } = {};
  circle.self = circle;
  return circle;
}

function nested(levels: number): object {
  let value = {};
  for (let level = 0; level < levels; level++) value = { value };
  return value;
}

describe.each([
  ["socket.io", Server, Server],
  ["@sockeye/server", Ours, Ours],
  ["socket.io and @sockeye/server", Server, Ours],
])("a cluster of %s", (_, First, Second) => {
  let hub: MemoryHub;
  let a: Server;
  let b: Server;
  let undo: Array<() => unknown>;

  beforeEach(async () => {
    hub = new MemoryHub();
    undo = [];
    [a, b] = [await serve(First), await serve(Second)];
    for (const server of [a, b])
      while (adapterOf(server).clusterState.servers < 2) await once(adapterOf(server), "cluster_state");
  });

  afterEach(async () => {
    for (const task of undo.splice(0).reverse()) await task();
  });

  async function serve(Kind: typeof Server): Promise<Server> {
    const http = createServer().listen(0, "127.0.0.1");
    await once(http, "listening");
    const server = new Kind(http, {
      adapter: cluster(hub.connect()) as never,
      connectionStateRecovery: {},
    });
    undo.push(() => server.close());
    return server;
  }

  async function client(server: Server, ...rooms: string[]): Promise<Client & { heard: unknown[] }> {
    const { port } = server.httpServer.address() as AddressInfo;
    const socket = connect(`http://127.0.0.1:${port}`, {
      transports: ["websocket"],
      forceNew: true,
      reconnectionDelay: 10,
    });
    undo.push(() => socket.close());
    const heard: unknown[] = [];
    socket.onAny((name) => heard.push(name));
    const joined = once(server, "connection").then(([it]) => it.join(rooms));
    await Promise.all([joined, new Promise<void>((resolve) => socket.once("connect", resolve))]);
    return Object.assign(socket, { heard });
  }

  test("rooms, exceptions, binary, and messages to one client reach other servers", async () => {
    const [x, y, z] = [await client(a, "r1"), await client(b, "r1"), await client(b, "r2")];
    const got = [x, y].map((socket) => heard(socket, "room"));
    a.to("r1").emit("room", { n: 1 }, Buffer.from([1, 2]));
    expect(await Promise.all(got)).toEqual(
      Array(2).fill([{ n: 1 }, Buffer.from([1, 2]), expect.any(String)]),
    );
    const mine = heard(z, "private");
    a.to(z.id as string).emit("private");
    await mine;
    a.sockets.sockets.get(x.id as string)?.broadcast.emit("others");
    const ends = [x, y, z].map((socket) => heard(socket, "end"));
    a.emit("end");
    await Promise.all(ends);
    expect([x, y, z].map((socket) => socket.heard)).toEqual([
      ["room", "end"],
      ["room", "others", "end"],
      ["private", "others", "end"],
    ]);
  });

  test("acknowledgements come from the clients of all servers", async () => {
    for (const [server, name] of [
      [a, "x"],
      [b, "y"],
      [b, "z"],
    ] as const) {
      (await client(server)).on("who", (answer: (name: string) => void) => answer(name));
    }
    expect((await a.timeout(5_000).emitWithAck("who")).toSorted()).toEqual(["x", "y", "z"]);
  });

  test("a remote socket is spoken to, moved and disconnected from another server", async () => {
    const y = await client(b, "r1");
    const [remote] = await a.in("r1").fetchSockets();
    const hi = heard(y, "hi");
    remote?.emit("hi");
    await hi;
    const joined = once(b.of("/").adapter, "join-room");
    remote?.join("r2");
    expect(await joined).toEqual(["r2", y.id]);
    const gone = heard(y, "disconnect");
    remote?.disconnect();
    await gone;
  });

  test.each([
    ["a bigint", { n: 1n }],
    ["a circle", circle()],
    ["too many levels", nested(600)],
  ])("what of a socket cannot be sent is left out where others ask for it: %s", async (_, value) => {
    const y = await client(b, "r1");
    const socket = b.sockets.sockets.get(y.id as string);
    Object.assign(socket?.handshake ?? {}, { auth: value });
    if (socket) socket.data = value;
    const z = await client(b, "r1");
    const remote = await a.in("r1").fetchSockets();
    expect(remote.map(({ id }) => id)).toEqual([y.id, z.id]);
    expect([remote[0]?.data, remote[0]?.handshake.auth]).toEqual([null, null]);
    expect([remote[0]?.handshake.url, remote[1]?.data]).toEqual([socket?.handshake.url, {}]);
  });

  test("servers emit to one another with acknowledgement", async () => {
    b.on("question", (n: number, answer: (m: number) => void) => answer(n + 1));
    expect(await a.serverSideEmitWithAck("question", 1)).toEqual([2]);
  });

  test("the application is told the state of the cluster", async () => {
    const told = new Promise<ClusterState>((resolve) => a.on("cluster_state", resolve));
    await b.close();
    expect(await told).toMatchObject({ bus: "up", servers: 1 });
  });

  test("an emitter in a process without sockets is heard", async () => {
    const y = await client(b, "r1");
    const hi = heard(y, "hi");
    new Emitter(hub.connect()).to("r1").emit("hi", 1);
    expect((await hi)[0]).toBe(1);
  });

  test("a client that comes back to its server gets what other servers sent meanwhile", async () => {
    const y = await client(b, "r1");
    const first = heard(y, "n");
    a.to("r1").emit("n", 0);
    await first;
    const [socket] = [...b.sockets.sockets.values()];
    const gone = once(socket as never, "disconnect");
    const numbers: unknown[] = [];
    y.on("n", (n) => numbers.push(n));
    const back = heard(y, "connect");
    y.io.engine.close();
    await gone;
    a.to("r1").emit("n", 1);
    b.to("r1").emit("n", 2);
    await back;
    const end = heard(y, "end");
    a.to("r1").emit("end");
    await end;
    expect(y.recovered).toBe(true);
    expect(numbers.toSorted()).toEqual([1, 2]);
  });
});
