/** Our adapters under Socket.IO's own server, with its own clients. */
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { Adapter, SessionAwareAdapter } from "@sockeye/adapter";
import { Server, type ServerOptions } from "socket.io";
import type * as official from "socket.io-adapter";
import { type Socket as Client, io as connect } from "socket.io-client";
import { afterEach, describe, expect, test } from "vitest";

type AdapterClass = typeof Adapter | typeof SessionAwareAdapter;

let server: Server;
const clients: Client[] = [];

afterEach(async () => {
  for (const client of clients.splice(0)) client.close();
  await server.close();
});

async function serve(adapter: AdapterClass, options: Partial<ServerOptions> = {}): Promise<void> {
  const http = createServer().listen(0, "127.0.0.1");
  await once(http, "listening");
  server = new Server(http, { ...options, adapter: adapter as unknown as typeof official.Adapter });
  server.on("connection", (socket) => {
    socket.on("join", async (rooms: string[], done: () => void) => {
      await socket.join(rooms);
      done();
    });
  });
}

async function client(...rooms: string[]): Promise<Client & { heard: unknown[][] }> {
  const { port } = server.httpServer.address() as AddressInfo;
  const socket = connect(`http://127.0.0.1:${port}`, {
    transports: ["websocket"],
    forceNew: true,
    reconnectionDelay: 10,
    reconnectionDelayMax: 20,
  });
  clients.push(socket);
  const heard: unknown[][] = [];
  socket.onAny((...args) => heard.push(args));
  await new Promise<void>((resolve) => socket.once("connect", resolve));
  if (rooms.length > 0) await socket.emitWithAck("join", rooms);
  return Object.assign(socket, { heard });
}

const next = (socket: Client, event: string): Promise<unknown[]> =>
  new Promise((resolve) => socket.once(event, (...args) => resolve(args)));

describe.each([
  ["Adapter", Adapter],
  ["SessionAwareAdapter", SessionAwareAdapter],
] as const)("%s under socket.io", (_, adapter) => {
  test("rooms, exceptions, binary and many rooms reach whom they are for, once", async () => {
    await serve(adapter);
    const [a, b, c] = [await client("r1", "r2"), await client("r2"), await client()];
    server
      .to(["r1", "r2"])
      .except(c.id as string)
      .emit("rooms", 1);
    server.except("r1").emit("except", Buffer.from([1, 2]));
    const ends = [a, b, c].map((socket) => next(socket, "end"));
    server.emit("end");
    await Promise.all(ends);
    const names = [a, b, c].map((socket) => socket.heard.map(([name]) => name));
    expect(names).toEqual([
      ["rooms", "end"],
      ["rooms", "except", "end"],
      ["except", "end"],
    ]);
    expect(b.heard[1]?.[1]).toEqual(Buffer.from([1, 2]));
  });

  test("a broadcast gathers the acknowledgements of its receivers", async () => {
    await serve(adapter);
    for (const name of ["x", "y"]) (await client("r1")).on("who", (answer) => answer(name));
    expect(await server.to("r1").timeout(5000).emitWithAck("who")).toEqual(
      expect.arrayContaining(["x", "y"]),
    );
  });

  test("remote operations see and move sockets", async () => {
    await serve(adapter);
    const a = await client();
    server.socketsJoin("everybody");
    const [remote] = await server.in("everybody").fetchSockets();
    expect(remote?.id).toBe(a.id);
    expect([...(remote?.rooms ?? [])]).toContain("everybody");
    const gone = next(a, "disconnect");
    server.in("everybody").disconnectSockets(true);
    await gone;
    expect(await server.fetchSockets()).toEqual([]);
    expect(server.of("/").adapter.rooms.size).toBe(0);
  });
});

test("a client whose connection is cut gets what it missed, in its rooms, again and again", async () => {
  await serve(SessionAwareAdapter, { connectionStateRecovery: {} });
  const a = await client("r1");
  server.to("r1").emit("n", 0);
  await next(a, "n");
  for (let round = 0; round < 3; round++) {
    const [socket] = [...server.sockets.sockets.values()];
    const gone = once(socket as never, "disconnect");
    const back = next(a, "connect");
    a.io.engine.close();
    await gone;
    server.to("r1").emit("n", round * 2 + 1);
    server.to("r9").emit("n", -1);
    await back;
    expect(a.recovered).toBe(true);
    const live = next(a, "n");
    server.to("r1").emit("n", round * 2 + 2);
    await live;
  }
  expect(a.heard.map(([, n]) => n)).toEqual([0, 1, 2, 3, 4, 5, 6]);
});

test("catch-all listeners for outgoing events are told once, also when a session may be recovered", async () => {
  await serve(SessionAwareAdapter, { connectionStateRecovery: {} });
  const told: unknown[][] = [];
  server.on("connection", (socket) => {
    socket.onAnyOutgoing((...args) => told.push(args));
    socket.emit("hello", 1);
    server.emit("all", 2);
  });
  await client();
  expect(told).toEqual([
    ["hello", 1],
    ["all", 2],
  ]);
});
