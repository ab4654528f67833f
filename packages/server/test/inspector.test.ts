/** inspector(): who may look, what is told, and that nothing happens unconfirmed. */
import { once } from "node:events";
import { FakeClock } from "@sockeye/core/testing";
import {
  type ActionProposal,
  type InspectorOptions,
  type InspectorOverview,
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

async function ratesOf(inspect: Guest, namespace: string): Promise<{ in: number; out: number } | undefined> {
  const { servers }: InspectorOverview = await inspect.emitWithAck("inspect:overview");
  return servers[0]?.namespaces.find(({ name }) => name === namespace)?.rates;
}

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
  const overview: InspectorOverview = await inspect.emitWithAck("inspect:overview");
  const server = overview.servers[0] as ServerOverview;
  expect(server.namespaces).toEqual([
    { name: "/", sockets: 0, rooms: 0, rates: { in: 0, out: 0 } },
    { name: "/chat", sockets: 1, rooms: 2, rates: { in: 0, out: 0 } },
  ]);
  expect(overview).toMatchObject({ servers: [{ pid: process.pid }], silent: 0, readonly: false });
  expect(server.memory.heapUsed).toBeGreaterThan(1_000_000);
  expect(await inspect.emitWithAck("inspect:rooms", { namespace: "/chat", search: "lob" })).toEqual({
    total: 1,
    items: [{ name: "lobby", sockets: 1 }],
  });
  const sockets: Page<SocketOverview> = await inspect.emitWithAck("inspect:sockets", { namespace: "/chat" });
  expect(sockets).toMatchObject({
    total: 1,
    items: [{ id: socket.id, rooms: ["lobby", "attic"], bufferedBytes: 0 }],
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
  expect(await ratesOf(inspect, "/chat")).toEqual({ in: 2, out: 1 });
  expect(await ratesOf(inspect, "/chat")).toEqual({ in: 0, out: 0 });
  const gone = once(inspecting as never, "disconnect");
  inspect.disconnect();
  await gone;
  expect([socket.listenersAny(), socket.listenersAnyOutgoing()]).toEqual([[], []]);
  expect(here.io.of("/chat").listenerCount("connection")).toBe(0);
});

test("each inspector has rates of its own; one that asks no more is forgotten, with every listener", async () => {
  const clock = new FakeClock();
  const here = await place({ clock });
  const [socket, ada] = await here.pair("/chat", {});
  socket.on("up", (done) => done());
  const [one, two] = [await here.look(), await here.look()];
  for (const inspect of [one, two]) expect(await ratesOf(inspect, "/chat")).toEqual({ in: 0, out: 0 });
  await ada.emitWithAck("up");
  clock.advance(1000);
  expect(await ratesOf(one, "/chat")).toEqual({ in: 1, out: 0 });
  clock.advance(1000);
  expect(await ratesOf(two, "/chat")).toEqual({ in: 0.5, out: 0 });
  expect(socket.listenersAny()).toHaveLength(1);
  clock.advance(15_000);
  expect([socket.listenersAny(), clock.pending]).toEqual([[], 0]);
});

test("of 5,000 sockets it sends a page, and finds one among them", async () => {
  const here = await place();
  const [socket] = await here.pair("/chat", {});
  const { handshake, conn } = socket;
  const others = here.io.of("/chat").sockets as Map<string, unknown>;
  for (let n = 1; n < 5000; n++) {
    const id = `stand-in-${n}`;
    const watch = {
      onAny: () => watch,
      onAnyOutgoing: () => watch,
      offAny: () => watch,
      offAnyOutgoing: () => watch,
    };
    others.set(id, { ...watch, id, handshake, conn, rooms: new Set([id, "lobby"]), bufferedAmount: n });
  }
  const inspect = await here.look();
  const overview: InspectorOverview = await inspect.emitWithAck("inspect:overview");
  expect(overview.servers[0]?.namespaces).toContainEqual(
    expect.objectContaining({ name: "/chat", sockets: 5000 }),
  );
  expect(JSON.stringify(overview).length).toBeLessThan(1000);
  const ask = (query: object): Promise<Page<SocketOverview>> =>
    inspect.emitWithAck("inspect:sockets", { namespace: "/chat", ...query });
  expect(await ask({ offset: 4999 })).toMatchObject({ total: 5000, items: [{ id: "stand-in-4999" }] });
  expect(await ask({ limit: 5000 })).toMatchObject({ total: 5000, items: { length: 200 } });
  const found = await ask({ search: "in-321" });
  expect(found.items.map(({ bufferedBytes }) => bufferedBytes)).toEqual([
    321,
    ...Array.from({ length: 10 }, (_, n) => 3210 + n),
  ]);
  expect(found.total).toBe(11);
  // They cannot be closed.
  for (const id of [...others.keys()]) if (id.startsWith("stand-in")) others.delete(id);
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
