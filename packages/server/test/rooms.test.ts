/** rooms(): who may enter, who is there, and what a lost connection changes. */
import { once } from "node:events";
import { FakeClock } from "@sockeye/core/testing";
import { type Present, type RoomsOptions, rooms, type ServerOptions } from "@sockeye/server";
import type { Socket as Guest } from "socket.io-client";
import { expect, test } from "vitest";
import { type World, world } from "./support/world.ts";

type Answer = { error?: { code: string; message: string }; members?: Present[] };

async function keeper(options: RoomsOptions = {}, serverOptions: Partial<ServerOptions> = {}) {
  const place = await world(serverOptions);
  const user: RoomsOptions["user"] = (socket) => ({ id: socket.handshake.auth.name ?? socket.id });
  const clock = new FakeClock();
  return { ...place, clock, rooms: rooms(place.io, { user, clock, ...options }) };
}

const enter = ({ pair }: World, name: string) => pair("/", { auth: { name }, reconnectionDelay: 10 });
const join = (guest: Guest, room: unknown): Promise<Answer> => guest.emitWithAck("sockeye:room:join", room);
const watch = (guest: Guest, room: string): Promise<Answer> =>
  guest.emitWithAck("sockeye:presence:join", room);
const change = (guest: Guest): Promise<[room: string, changes: Present[]]> =>
  new Promise((resolve) => guest.once("sockeye:presence", (...args) => resolve(args as never)));

test("a client joins, hears what is said in the room, and leaves", async () => {
  const place = await keeper();
  const [socket, ada] = await enter(place, "ada");
  expect(await join(ada, "lobby")).toEqual({});
  expect(socket.rooms).toContain("room:lobby");
  const heard = once(ada as never, "hello");
  place.rooms.to("lobby").emit("hello", 1);
  expect(await heard).toEqual([1]);
  ada.emit("sockeye:room:leave", "lobby");
  await once(socket as never, "sockeye:room:leave");
  expect(socket.rooms).not.toContain("room:lobby");
  expect(place.rooms.present("lobby")).toEqual([]);
});

test("a room of the server's own cannot be joined by its name", async () => {
  const place = await keeper();
  const [, ada] = await enter(place, "ada");
  const [ben] = await enter(place, "ben");
  await ben.join("admins");
  for (const room of ["admins", ben.id]) await join(ada, room);
  expect(await place.io.in("admins").fetchSockets()).toHaveLength(1);
  expect(await place.io.in(ben.id).fetchSockets()).toHaveLength(1);
});

test("without a prefix, the application must decide who may join", async () => {
  await expect(keeper({ prefix: "" })).rejects.toThrow(/authorize/);
});

test("who is refused learns it, and is not in the room", async () => {
  const place = await keeper({ authorize: async (_, room) => room === "lobby" });
  const [socket, ada] = await enter(place, "ada");
  expect(await join(ada, "vault")).toMatchObject({ error: { code: "ERR_FORBIDDEN" } });
  expect(await watch(ada, "vault")).toMatchObject({ error: { code: "ERR_FORBIDDEN" } });
  expect([...socket.rooms]).toEqual([socket.id]);
  expect(await join(ada, "lobby")).toEqual({});
});

test("an error of the hook refuses the client and reaches handler_error", async () => {
  const failure = new Error("database");
  const place = await keeper({ authorize: () => Promise.reject(failure) });
  const reported = once(place.io, "handler_error");
  const [, ada] = await enter(place, "ada");
  expect(await join(ada, "lobby")).toMatchObject({ error: { code: "ERR_INTERNAL" } });
  expect((await reported)[0]).toBe(failure);
});

test("who leaves before it is decided is not let in afterwards", async () => {
  let decide = (_: boolean): void => {};
  let ask = (): void => {};
  const asked = new Promise<void>((resolve) => {
    ask = resolve;
  });
  const authorize = (): Promise<boolean> => {
    ask();
    return new Promise((resolve) => {
      decide = resolve;
    });
  };
  const place = await keeper({ authorize });
  const [socket, ada] = await enter(place, "ada");
  const answer = join(ada, "lobby");
  await asked;
  const left = once(socket as never, "sockeye:room:leave");
  ada.emit("sockeye:room:leave", "lobby");
  await left;
  decide(true);
  expect(await answer).toMatchObject({ error: { code: "ERR_LEFT" } });
  expect([...socket.rooms]).toEqual([socket.id]);
});

test.each([[undefined], [""], [7], [{}], ["x".repeat(201)], ["sockeye:presence:lobby"]])(
  "%j is no name of a room",
  async (name) => {
    const place = await keeper();
    const [, ada] = await enter(place, "ada");
    expect(await join(ada, name)).toMatchObject({ error: { code: "ERR_ROOM_NAME" } });
  },
);

test("a client is in so many rooms at most", async () => {
  const place = await keeper({ maxRooms: 2 });
  const [, ada] = await enter(place, "ada");
  expect(await join(ada, "a")).toEqual({});
  expect(await watch(ada, "a")).toMatchObject({ members: [{ id: "ada" }] });
  expect(await join(ada, "b")).toMatchObject({ error: { code: "ERR_TOO_MANY_ROOMS" } });
  expect(await join(ada, "a")).toEqual({});
});

test("two tabs are one user with two connections", async () => {
  const place = await keeper();
  const [, ada] = await enter(place, "ada");
  const [, tab] = await enter(place, "ada");
  const [, ben] = await enter(place, "ben");
  await join(ada, "lobby");
  expect(await watch(ben, "lobby")).toEqual({ members: [{ id: "ada", connections: 1 }] });
  let next = change(ben);
  await join(tab, "lobby");
  expect(await next).toEqual(["lobby", [{ id: "ada", connections: 2 }]]);
  next = change(ben);
  ada.disconnect();
  expect(await next).toEqual(["lobby", [{ id: "ada", connections: 1 }]]);
  next = change(ben);
  tab.disconnect();
  expect(await next).toEqual(["lobby", [{ id: "ada", connections: 0 }]]);
});

test("a lost connection does not show until the grace period is over", async () => {
  const place = await keeper();
  const [socket, ada] = await enter(place, "ada");
  const [, ben] = await enter(place, "ben");
  await join(ada, "lobby");
  await watch(ben, "lobby");
  ada.io.reconnection(false);
  const gone = once(socket as never, "disconnect");
  ada.io.engine.close();
  await gone;
  expect(place.rooms.present("lobby")).toEqual([{ id: "ada", connections: 1 }]);
  const next = change(ben);
  place.clock.advance(5000);
  expect(await next).toEqual(["lobby", [{ id: "ada", connections: 0 }]]);
  expect(place.rooms.present("lobby")).toEqual([]);
});

test("who comes back on a new connection in time never went", async () => {
  const place = await keeper();
  const [, ada] = await enter(place, "ada");
  const [, ben] = await enter(place, "ben");
  await join(ada, "lobby");
  await watch(ben, "lobby");
  const told: unknown[] = [];
  ben.on("sockeye:presence", (...args) => told.push(args));
  const back = once(ada as never, "connect");
  ada.io.engine.close();
  await back;
  await join(ada, "lobby");
  place.clock.advance(6000);
  await watch(ben, "lobby");
  expect(told).toEqual([]);
  expect(place.rooms.present("lobby")).toEqual([{ id: "ada", connections: 1 }]);
});

test("a recovered connection is in its rooms without asking", async () => {
  const place = await keeper({}, { connectionStateRecovery: {} });
  const [, ada] = await enter(place, "ada");
  await join(ada, "lobby");
  await watch(ada, "lobby");
  const returned = new Promise<boolean>((resolve) =>
    place.io.once("connection", (socket) => resolve(socket.recovered)),
  );
  ada.io.engine.close();
  expect(await returned).toBe(true);
  place.clock.advance(6000);
  expect(place.rooms.present("lobby")).toEqual([{ id: "ada", connections: 1 }]);
  const [, ben] = await enter(place, "ben");
  const next = change(ada);
  await join(ben, "lobby");
  // Behind it comes the offset, by which a client can be recovered.
  expect((await next).slice(0, 2)).toEqual(["lobby", [{ id: "ben", connections: 1 }]]);
});

test("a namespace may have rooms of its own", async () => {
  const { io, pair } = await world();
  const chat = rooms(io.of("/chat"), { user: () => ({ id: "ada", name: "Ada" }) });
  const [, ada] = await pair("/chat");
  await join(ada, "lobby");
  expect(chat.present("lobby")).toEqual([{ id: "ada", name: "Ada", connections: 1 }]);
});

test("by default a user is socket.data.user, or else the socket", async () => {
  const { io, pair } = await world();
  const all = rooms(io);
  io.use((socket, next) => {
    if (socket.handshake.auth.name) socket.data = { secret: 1, user: { id: socket.handshake.auth.name } };
    next();
  });
  const [, ada] = await pair("/", { auth: { name: "ada" } });
  const [ben, guest] = await pair();
  await join(ada, "lobby");
  await join(guest, "lobby");
  expect(all.present("lobby")).toEqual([
    { id: "ada", connections: 1 },
    { id: ben.id, connections: 1 },
  ]);
});
