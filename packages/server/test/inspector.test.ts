/** inspector(): who may look, what is told, and that nothing happens unconfirmed. */
import { once } from "node:events";
import { FakeClock } from "@sockeye/core/testing";
import {
  type ActionProposal,
  type InspectorOptions,
  inspector,
  type Page,
  type ServerOverview,
  type SocketOverview,
} from "@sockeye/server";
import type { Socket as Guest } from "socket.io-client";
import { expect, test } from "vitest";
import { type World, world } from "./support/world.ts";

const KEY = { auth: { credential: "open sesame" } };

async function place(options: Partial<InspectorOptions> = {}) {
  const here = await world({});
  inspector(here.io, { credential: "open sesame", ...options });
  const look = async (): Promise<Guest> => (await here.pair("/inspector", KEY))[1];
  return { ...here, look };
}

const refused = async ({ guest }: World, auth: object): Promise<Error> => {
  const client = guest("/inspector", { auth });
  return new Promise((resolve, reject) => {
    client.on("connect_error", resolve);
    client.on("connect", () => reject(new Error("was let in")));
  });
};

test("without a credential there is no inspector", async () => {
  const { io } = await world({});
  for (const credential of ["", undefined]) {
    expect(() => inspector(io, { credential } as InspectorOptions)).toThrow(
      expect.objectContaining({ code: "ERR_CREDENTIAL" }),
    );
  }
  expect(io._nsps.has("/inspector")).toBe(false);
});

test.each([[{}], [{ credential: "open sesam" }], [{ credential: "" }], [{ credential: ["open sesame"] }]])(
  "refuses %j",
  async (auth) => {
    expect(await refused(await place(), auth)).toMatchObject({
      message: "Forbidden",
      data: { code: "ERR_FORBIDDEN" },
    });
  },
);

test("a function decides by all of auth, also later; only true lets in", async () => {
  const here = await place({ credential: async ({ name }) => name === "ada" });
  expect(await refused(here, { name: "eve" })).toMatchObject({ message: "Forbidden" });
  await here.pair("/inspector", { auth: { name: "ada" } });
});

test("tells of namespaces, rooms and sockets, and not of itself", async () => {
  const here = await place();
  const [socket] = await here.pair("/chat", {});
  socket.join(["lobby", "attic"]);
  const inspect = await here.look();
  const overview: ServerOverview = await inspect.emitWithAck("inspect:overview");
  expect(overview.namespaces).toEqual([
    { name: "/", sockets: 0, rooms: 0, rates: { in: 0, out: 0 } },
    { name: "/chat", sockets: 1, rooms: 2, rates: { in: 0, out: 0 } },
  ]);
  expect(overview).toMatchObject({ pid: process.pid, servers: 1, readonly: false });
  expect(overview.memory.heapUsed).toBeGreaterThan(1_000_000);
  expect(await inspect.emitWithAck("inspect:rooms", { namespace: "/chat", search: "lob" })).toEqual({
    total: 1,
    items: [{ name: "lobby", sockets: 1 }],
  });
  const sockets: Page<SocketOverview> = await inspect.emitWithAck("inspect:sockets", { namespace: "/chat" });
  expect(sockets).toMatchObject({
    total: 1,
    items: [{ id: socket.id, rooms: ["lobby", "attic"], local: true, bufferedBytes: 0 }],
  });
  expect(sockets.items[0]?.transport).toBe(socket.conn.transport.name);
  expect(await inspect.emitWithAck("inspect:sockets", { namespace: "/inspector" })).toMatchObject({
    error: { code: "ERR_INVALID" },
  });
});

test("answers in pages of at most 200", async () => {
  const here = await place();
  const [socket] = await here.pair("/chat", {});
  socket.join(Array.from({ length: 1000 }, (_, index) => `room-${index}`));
  const inspect = await here.look();
  const ask = (query: object): Promise<Page<{ name: string }>> =>
    inspect.emitWithAck("inspect:rooms", { namespace: "/chat", ...query });
  expect(await ask({ limit: 1e9 })).toMatchObject({ total: 1000, items: { length: 200 } });
  expect((await ask({ offset: 998 })).items.map(({ name }) => name)).toEqual(["room-998", "room-999"]);
  expect((await ask({ offset: -5, limit: "x" })).items).toHaveLength(1);
});

test("counts events while somebody looks, and leaves no listener behind", async () => {
  const clock = new FakeClock();
  const here = await place({ clock });
  const [socket, ada] = await here.pair("/chat", {});
  expect(socket.listenersAny()).toHaveLength(0);
  const inspect = await here.look();
  const inspecting = [...here.io.of("/inspector").sockets.values()][0];
  await inspect.emitWithAck("inspect:overview");
  for (const _ of [1, 2, 3]) ada.emit("up");
  socket.on("last", (done) => done());
  await ada.emitWithAck("last");
  socket.emit("down");
  here.io.of("/chat").emit("down");
  clock.advance(2000);
  const { namespaces }: ServerOverview = await inspect.emitWithAck("inspect:overview");
  expect(namespaces.find(({ name }) => name === "/chat")?.rates).toEqual({ in: 2, out: 1 });
  const gone = once(inspecting as never, "disconnect");
  inspect.disconnect();
  await gone;
  expect([socket.listenersAny(), socket.listenersAnyOutgoing()]).toEqual([[], []]);
  expect(here.io.of("/chat").listenerCount("connection")).toBe(0);
});

test("says what will happen, and does it once it is confirmed", async () => {
  const here = await place();
  const pairs = [await here.pair("/chat", {}), await here.pair("/chat", {}), await here.pair("/chat", {})];
  for (const [socket] of pairs.slice(0, 2)) socket.join("lobby");
  const inspect = await here.look();
  const request = { action: "disconnect", namespace: "/chat", target: "lobby" };
  const proposal: ActionProposal = await inspect.emitWithAck("inspect:propose", request);
  expect(proposal).toMatchObject({ statement: "disconnect 2 sockets of room lobby in /chat", sockets: 2 });
  expect(pairs.map(([socket]) => socket.connected)).toEqual([true, true, true]);
  // Who comes meanwhile is not meant.
  pairs[2]?.[0].join("lobby");
  expect(await inspect.emitWithAck("inspect:confirm", proposal)).toEqual({ sockets: 2 });
  expect(pairs.map(([socket]) => socket.connected)).toEqual([false, false, true]);
  expect(await inspect.emitWithAck("inspect:confirm", proposal)).toMatchObject({
    error: { code: "ERR_INVALID" },
  });
});

test("lets one socket join and leave a room", async () => {
  const here = await place();
  const [socket] = await here.pair("/chat", {});
  const inspect = await here.look();
  for (const [action, inside] of [
    ["join", true],
    ["leave", false],
  ] as const) {
    const request = { action, namespace: "/chat", socket: socket.id, room: "attic" };
    const proposal: ActionProposal = await inspect.emitWithAck("inspect:propose", request);
    expect(proposal.statement).toBe(`let socket ${socket.id} ${action} room attic in /chat`);
    await inspect.emitWithAck("inspect:confirm", proposal);
    expect(socket.rooms.has("attic")).toBe(inside);
  }
});

test("a confirmation that comes too late, or from somebody else, does nothing", async () => {
  const clock = new FakeClock();
  const here = await place({ clock, confirmWithin: 1000 });
  const [socket] = await here.pair("/chat", {});
  const inspect = await here.look();
  const request = { action: "disconnect", namespace: "/chat", socket: socket.id };
  const first: ActionProposal = await inspect.emitWithAck("inspect:propose", request);
  expect(await (await here.look()).emitWithAck("inspect:confirm", first)).toHaveProperty("error");
  clock.advance(1001);
  expect(await inspect.emitWithAck("inspect:confirm", first)).toHaveProperty("error");
  expect(socket.connected).toBe(true);
});

test("a readonly inspector changes nothing, and nonsense is refused", async () => {
  const strict = await place({ readonly: true });
  const request = { action: "disconnect", namespace: "/" };
  expect(await (await strict.look()).emitWithAck("inspect:propose", request)).toMatchObject({
    error: { code: "ERR_READONLY" },
  });
  const inspect = await (await place()).look();
  for (const odd of [
    null,
    7,
    {},
    { namespace: "/" },
    { ...request, socket: {} },
    { action: "join", namespace: "/" },
  ]) {
    expect(await inspect.emitWithAck("inspect:propose", odd)).toMatchObject({
      error: { code: "ERR_INVALID" },
    });
  }
});
