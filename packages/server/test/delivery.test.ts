/** Delivery that outlives connections, as a client sees it that takes part: frame by frame. */
import { once } from "node:events";
import { FakeClock } from "@sockeye/core/testing";
import type { ReliableExpired, Server, Socket } from "@sockeye/server";
import { describe, expect, test, vi } from "vitest";
import { type Raw, type World, world } from "./support/world.ts";

type Done = (...args: unknown[]) => void;

/** A client that takes part, with its socket and the id that it was given or has kept. */
async function participant(
  { io, raw }: World,
  offer: [string | null, number] = [null, 0],
): Promise<{ client: Raw; socket: Socket; id: string }> {
  const arrived = once(io, "connection");
  const client = await raw();
  const answer = await client.connect("", { delivery: offer, token: "t" });
  const [socket] = await arrived;
  return { client, socket, id: String(answer.delivery) };
}

async function lose(client: Raw, socket: Socket): Promise<void> {
  const gone = once(socket, "disconnect");
  client.socket.terminate();
  await gone;
}

/** What JSON cannot express. */
function poison(): unknown[] {
  const circle: unknown[] = [];
  circle.push(circle);
  let levels: unknown = 0;
  for (let level = 0; level < 1000; level++) levels = [levels];
  return [10n, circle, levels];
}

/** Answers "order" with how many there were. */
function takeOrders(io: Server): string[] {
  const orders: string[] = [];
  io.on("connection", (socket) => {
    socket.on("order", (item: string, done: Done) => done(orders.push(item)));
  });
  return orders;
}

test("who does not ask for it gets and sees nothing of it", async () => {
  const { io, raw } = await world();
  const arrived = once(io, "connection");
  const client = await raw();
  const answer = await client.connect("");
  expect(Object.keys(answer)).toEqual(["sid"]);
  const [socket] = await arrived;
  socket.reliable.emit("tick", 1);
  expect(await client.next()).toBe('42["tick",1]');
  const heard = once(socket, "sockeye:received");
  client.send('42["sockeye:received",1]');
  expect(await heard).toEqual([1]);
});

test("an id is secret: handed out by the server, never taken over from a client", async () => {
  const place = await world();
  const { id, socket } = await participant(place, ["a".repeat(24), 7]);
  expect(id).toMatch(/^[\w-]{24}$/);
  expect(id).not.toBe("a".repeat(24));
  expect(socket.handshake.auth).toEqual({ token: "t" });
  const { raw } = place;
  for (const delivery of ["x", [1, 2], [null], { id: null }]) {
    const client = await raw();
    expect(Object.keys(await client.connect("", { delivery }))).toEqual(["sid"]);
  }
});

describe("events of the client", () => {
  test("are handled once, and a repeated one gets the answer of then", async () => {
    const place = await world();
    const orders = takeOrders(place.io);
    const first = await participant(place);
    first.client.send('420["order","tea"]');
    expect(await first.client.next()).toBe("430[1]");
    await lose(first.client, first.socket);
    const second = await participant(place, [first.id, 0]);
    expect(second.id).toBe(first.id);
    second.client.send('420["order","tea"]', '421["order","milk"]');
    expect([await second.client.next(), await second.client.next()]).toEqual(["430[1]", "431[2]"]);
    expect(orders).toEqual(["tea", "milk"]);
  });

  test("that are still being handled are answered where the client is then", async () => {
    const place = await world();
    const dones: Done[] = [];
    place.io.on("connection", (socket) => {
      socket.on("order", (done: Done) => dones.push(done));
      socket.on("sync", (done: Done) => done());
    });
    const first = await participant(place);
    first.client.send('420["order"]');
    await vi.waitFor(() => expect(dones.length).toBe(1));
    const second = await participant(place, [first.id, 0]);
    second.client.send('420["order"]', '421["sync"]');
    expect(await second.client.next()).toBe("431[]");
    dones[0]?.("done");
    expect(await second.client.next()).toBe('430["done"]');
    expect(dones.length).toBe(1);
  });

  test("whose handler failed, or that a middleware refused, are handled again", async () => {
    const place = await world();
    place.io.on("handler_error", () => {});
    let calls = 0;
    place.io.on("connection", (socket) => {
      socket.on("error", () => {});
      socket.use((_event, next) => next(++calls === 1 ? new Error("not yet") : undefined));
      socket.on("order", async (done: Done) => {
        if (calls === 2) throw new Error("failed");
        done(calls);
      });
    });
    const { client } = await participant(place);
    client.send('420["order"]', '420["order"]');
    await vi.waitFor(() => expect(calls).toBe(2));
    client.send('420["order"]');
    expect(await client.next()).toBe("430[3]");
  });

  test("are forgotten beyond the bounds", async () => {
    const place = await world({ delivery: { maxAnswers: 2 } });
    const orders = takeOrders(place.io);
    const { client } = await participant(place);
    for (const id of [0, 1, 2, 2, 0]) client.send(`42${id}["order","${id}"]`);
    for (let count = 0; count < 5; count++) await client.next();
    expect(orders).toEqual(["0", "1", "2", "0"]);
  });
});

describe("reliable events", () => {
  test("are kept until acknowledged, and come again in order", async () => {
    const place = await world();
    const first = await participant(place);
    for (const number of [1, 2, 3]) first.socket.reliable.emit("tick", number);
    expect(await first.client.next()).toBe('42["sockeye:reliable",1,"tick",1]');
    const heard = once(first.socket.conn, "packet");
    first.client.send('42["sockeye:received",2]');
    await heard;
    await lose(first.client, first.socket);
    for (const number of [4, 5, 6]) first.socket.reliable.emit("tick", number);
    // The receipt was for both; what was received since is told on return.
    const second = await participant(place, [first.id, 0]);
    expect(await second.client.next()).toBe('42["sockeye:reliable",3,"tick",3]');
    expect(await second.client.next()).toBe('42["sockeye:reliable",4,"tick",4]');
    const third = await participant(place, [first.id, 5]);
    expect(await third.client.next()).toBe('42["sockeye:reliable",6,"tick",6]');
  });

  test("that are given up are told of: too many, and nobody there in time", async () => {
    const clock = new FakeClock();
    const place = await world({ clock, delivery: { maxEvents: 2 } });
    const expired: ReliableExpired[] = [];
    place.io.on("reliable_expired", (event) => expired.push(event));
    const { client, socket, id } = await participant(place);
    await lose(client, socket);
    for (const number of [1, 2, 3]) socket.reliable.emit("tick", number);
    const told = [{ socketId: socket.id, events: [["tick", 1]], reason: "overflow" }];
    expect(expired).toEqual(told);
    clock.advance(119_000);
    expect(expired).toEqual(told);
    clock.advance(1000);
    const events = [
      ["tick", 2],
      ["tick", 3],
    ];
    expect(expired.at(-1)).toEqual({ socketId: socket.id, events, reason: "timeout" });
    socket.reliable.emit("tick", 4);
    expect(expired.at(-1)).toEqual({ socketId: socket.id, events: [["tick", 4]], reason: "timeout" });
    const again = await participant(place, [id, 0]);
    expect(again.id).not.toBe(id);
  });

  test("and answers are refused at once when they cannot be sent, and spoil nothing", async () => {
    const place = await world();
    const refused: unknown[] = [];
    place.io.on("connection", (socket) => {
      socket.on("order", (done: Done) => {
        for (const value of poison()) {
          expect(() => done(value)).toThrow(expect.objectContaining({ code: "ERR_DATA" }));
          refused.push(value);
        }
        done("well");
      });
    });
    const { client, socket } = await participant(place);
    for (const value of poison()) {
      expect(() => socket.reliable.emit("tick", { value })).toThrow(
        expect.objectContaining({ code: "ERR_DATA" }),
      );
    }
    socket.reliable.emit("tick", { toJSON: () => 1 }, new Date(0), Buffer.of(1));
    expect(await client.next()).toContain('["sockeye:reliable",1,"tick",1,"1970-01-01');
    await client.next();
    client.send('425["order"]');
    expect(await client.next()).toBe('435["well"]');
    expect(refused).toHaveLength(3);
  });

  test("take no acknowledgement callback; bounds must be numbers above zero", async () => {
    const { socket } = await participant(await world());
    expect(() => socket.reliable.emit("tick", () => {})).toThrow(TypeError);
    await expect(world({ delivery: { maxEvents: 0 } })).rejects.toThrow("delivery.maxEvents");
  });
});
