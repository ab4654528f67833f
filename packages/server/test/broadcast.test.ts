/** Broadcasts: who gets them, who answers, and that a target is a value. */
import { FakeClock } from "@sockeye/core/testing";
import { Server, type Socket } from "@sockeye/server";
import type { Socket as Guest } from "socket.io-client";
import { describe, expect, test, vi } from "vitest";
import { world } from "./support/world.ts";

/** Three clients with names; what each has heard under "x". */
async function trio(options = {}) {
  const { io, pair } = await world(options);
  const [a, guestA] = await pair();
  const [b, guestB] = await pair();
  const [c, guestC] = await pair();
  const guests: Record<string, Guest> = { a: guestA, b: guestB, c: guestC };
  const heard: string[] = [];
  for (const [name, guest] of Object.entries(guests)) {
    guest.on("x", (text: string) => heard.push(`${name}:${text}`));
    guest.on("sync", (done: () => void) => done());
  }
  a.join(["red", "warm"]);
  b.join("red");
  c.join("blue");
  const settled = async (): Promise<string[]> => {
    await io.timeout(9000).emitWithAck("sync");
    return heard.splice(0).sort();
  };
  return { io, a, b, c, guests, settled };
}

describe("reaches", () => {
  test("everybody, the members of rooms once each, and leaves out whom it shall", async () => {
    const { io, a, settled } = await trio();
    io.emit("x", "all");
    expect(await settled()).toEqual(["a:all", "b:all", "c:all"]);
    io.to("red").to("warm").emit("x", "once");
    expect(await settled()).toEqual(["a:once", "b:once"]);
    io.in(["red", "blue"]).except("warm").emit("x", "some");
    expect(await settled()).toEqual(["b:some", "c:some"]);
    io.except(["warm", "blue"]).emit("x", "b");
    expect(await settled()).toEqual(["b:b"]);
    io.to(a.id).emit("x", "private");
    expect(await settled()).toEqual(["a:private"]);
    io.to("nowhere").emit("x", "nobody");
    expect(await settled()).toEqual([]);
  });

  test("from a socket, everybody but itself", async () => {
    const { a, settled } = await trio();
    a.broadcast.emit("x", "others");
    expect(await settled()).toEqual(["b:others", "c:others"]);
    a.to("red").emit("x", "red");
    expect(await settled()).toEqual(["b:red"]);
    a.in("red").in("blue").emit("x", "both");
    expect(await settled()).toEqual(["b:both", "c:both"]);
    a.except("blue").emit("x", "b");
    expect(await settled()).toEqual(["b:b"]);
    a.local.emit("x", "local");
    expect(await settled()).toEqual(["b:local", "c:local"]);
    a.volatile.compress(false).broadcast.except("blue").emit("x", "flags");
    expect(await settled()).toEqual(["b:flags"]);
  });

  test("binary, with acknowledgements, once encoded", async () => {
    const { io, guests } = await trio();
    const encode = vi.spyOn((io as unknown as { encoder: { encode(): unknown } }).encoder, "encode");
    for (const guest of Object.values(guests)) guest.on("bytes", (bytes, done) => done(bytes));
    const answers = await io.timeout(9000).emitWithAck("bytes", Buffer.from([7]));
    expect(answers).toEqual([Buffer.from([7]), Buffer.from([7]), Buffer.from([7])]);
    expect(encode).toHaveBeenCalledOnce();
  });
});

test("a target is a value: kept, used again, and never changed by what is made of it", async () => {
  const { io, a, settled } = await trio();
  const red = io.to("red");
  red.to("blue");
  red.except("warm");
  void red.volatile;
  red.emit("x", "1");
  red.emit("x", "2");
  expect(await settled()).toEqual(["a:1", "a:2", "b:1", "b:2"]);
  void a.volatile;
  a.timeout(1).compress(false);
  a.emit("x", "plain");
  expect(await settled()).toEqual(["a:plain"]);
});

describe("acknowledgements", () => {
  test("one answer per client, for the callback and the promise", async () => {
    const { io, a, guests } = await trio();
    for (const [name, guest] of Object.entries(guests)) guest.on("name?", (done) => done(name));
    expect((await io.timeout(9000).emitWithAck("name?")).sort()).toEqual(["a", "b", "c"]);
    expect((await a.broadcast.timeout(9000).emitWithAck("name?")).sort()).toEqual(["b", "c"]);
    expect((await a.timeout(9000).to("red").emitWithAck("name?")).sort()).toEqual(["b"]);
    expect((await io.emitWithAck("name?")).sort()).toEqual(["a", "b", "c"]);
    expect((await io.of("/").emitWithAck("name?")).sort()).toEqual(["a", "b", "c"]);
    const callback = vi.fn();
    io.to("red").timeout(9000).emit("name?", callback);
    await vi.waitFor(() => expect(callback).toHaveBeenCalledExactlyOnceWith(null, ["a", "b"]));
  });

  test("nobody there is no answers, at once", async () => {
    const io = new Server();
    expect(await io.timeout(10_000).emitWithAck("anybody")).toEqual([]);
  });

  test("some that do not answer in time are an error with the answers of the others", async () => {
    const clock = new FakeClock();
    const { io, guests, settled } = await trio({ clock });
    for (const name of ["a", "c"]) guests[name]?.on("name?", (done) => done(name));
    const callback = vi.fn();
    io.timeout(200).emit("name?", callback);
    const answers = io.timeout(200).emitWithAck("name?");
    await settled();
    clock.advance(200);
    const error = await answers.catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(Error);
    expect((error as Error).message).toBe("operation has timed out");
    expect((error as { responses: string[] }).responses.sort()).toEqual(["a", "c"]);
    expect(callback).toHaveBeenCalledOnce();
    expect(callback.mock.calls[0]?.[0]).toMatchObject({
      message: "operation has timed out",
      code: "ERR_ACK_TIMEOUT",
    });
    expect(callback.mock.calls[0]?.[1].sort()).toEqual(["a", "c"]);
  });

  test("after the timeout no socket expects an answer any more", async () => {
    const clock = new FakeClock();
    const { io, a, b, c } = await trio({ clock });
    const answers = io.timeout(50).emitWithAck("name?");
    clock.advance(50);
    await expect(answers).rejects.toThrow("operation has timed out");
    const open = (): number[] =>
      [a, b, c].map((socket) => (socket as unknown as { acks: { size: number } }).acks.size);
    await vi.waitFor(() => expect(open()).toEqual([0, 0, 0]));
  });

  test("an AbortSignal ends the wait with its reason and the answers so far", async () => {
    const { io, guests } = await trio();
    const controller = new AbortController();
    guests.a?.on("name?", (done) => done("a"));
    const promise = io.signal(controller.signal).timeout(10_000).emitWithAck("name?");
    await io.to("warm").timeout(9000).emitWithAck("sync");
    controller.abort(new Error("enough"));
    const error = await promise.catch((reason: unknown) => reason);
    expect((error as Error).message).toBe("enough");
    expect((error as { responses: string[] }).responses).toEqual(["a"]);
  });
});

describe("the matching sockets", () => {
  test("are fetched as they are: rooms, data, handshake", async () => {
    const { io, a, b } = await trio();
    a.data.name = "ada";
    const found = await io.in("red").fetchSockets();
    expect(found.map(({ id }) => id).sort()).toEqual([a.id, b.id].sort());
    const ada = found.find(({ id }) => id === a.id);
    expect([...(ada?.rooms ?? [])]).toEqual([a.id, "red", "warm"]);
    expect(ada?.data).toEqual({ name: "ada" });
    expect(ada?.handshake.address).toBe("127.0.0.1");
    expect((await io.local.fetchSockets()).length).toBe(3);
    expect(await io.in("red").allSockets()).toEqual(new Set([a.id, b.id]));
  });

  test("join, leave and are disconnected together", async () => {
    const { io, a, b, c, guests } = await trio();
    io.in("red").socketsJoin(["new", "newer"]);
    expect([a, b, c].map(({ rooms }) => rooms.has("new") && rooms.has("newer"))).toEqual([true, true, false]);
    io.socketsLeave("new");
    expect([a, b].map(({ rooms }) => rooms.has("new"))).toEqual([false, false]);
    const left = new Promise((resolve) => guests.c?.on("disconnect", resolve));
    io.in("blue").disconnectSockets();
    expect(await left).toBe("io server disconnect");
    expect([a, b, c].map(({ connected }) => connected)).toEqual([true, true, false]);
    const closed = vi.fn();
    a.conn.on("close", closed);
    io.except(b.id).disconnectSockets(true);
    await vi.waitFor(() => expect(closed).toHaveBeenCalled());
    expect(b.connected).toBe(true);
  });
});

test("volatile events reach clients that are ready, and are dropped for those that are not", async () => {
  const { io, url } = await world();
  const arrived = new Promise<Socket>((resolve) => io.on("connection", resolve));
  const open = await (await fetch(`${url}/socket.io/?EIO=4&transport=polling`)).text();
  const { sid } = JSON.parse(open.slice(1)) as { sid: string };
  const polling = `${url}/socket.io/?EIO=4&transport=polling&sid=${sid}`;
  await fetch(polling, { method: "POST", body: "40" });
  const socket = await arrived;
  await (await fetch(polling)).text();
  socket.volatile.emit("x", "lost");
  io.volatile.emit("x", "lost too");
  socket.emit("x", "kept");
  expect(await (await fetch(polling)).text()).toBe('42["x","kept"]');
  const waiting = fetch(polling);
  await vi.waitFor(() => expect(socket.conn.transport.writable).toBe(true));
  socket.volatile.emit("x", "ready");
  expect(await (await waiting).text()).toBe('42["x","ready"]');
});

test("the rooms of a socket come and go with it, and the adapter tells", async () => {
  const { io, pair } = await world();
  const told: unknown[] = [];
  for (const name of ["create-room", "join-room", "leave-room", "delete-room"]) {
    io.of("/").adapter.on(name, (room) => told.push([name, room]));
  }
  const [socket, guest] = await pair();
  socket.join("red");
  socket.leave("red");
  expect(socket.rooms).toEqual(new Set([socket.id]));
  guest.disconnect();
  await vi.waitFor(() => expect(socket.rooms.size).toBe(0));
  socket.join("too late");
  expect(io.of("/").adapter.rooms.size).toBe(0);
  expect(told).toEqual([
    ["create-room", socket.id],
    ["join-room", socket.id],
    ["create-room", "red"],
    ["join-room", "red"],
    ["leave-room", "red"],
    ["delete-room", "red"],
    ["leave-room", socket.id],
    ["delete-room", socket.id],
  ]);
});
