/** A server that leaves: readiness, refusals, clients moved away one after the other. */
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { FakeClock } from "@sockeye/core/testing";
import { expect, test, vi } from "vitest";
import { atEnd, world } from "./support/world.ts";

const statusOf = async (url: string): Promise<number> => (await fetch(url)).status;

test("tells whether it is ready, and refuses new sessions with 503 and nothing else", async () => {
  const clock = new FakeClock();
  const { io, url, pair } = await world({ clock });
  const [socket, guest] = await pair("/", { reconnection: false });
  const probe = createServer(io.readiness).listen(0, "127.0.0.1");
  atEnd(() => probe.close());
  await once(probe, "listening");
  const probeUrl = `http://127.0.0.1:${(probe.address() as AddressInfo).port}`;
  expect([io.ready, await statusOf(probeUrl)]).toEqual([true, 200]);
  const drained = io.drain({ over: "30s" });
  expect([io.ready, await statusOf(probeUrl)]).toEqual([false, 503]);
  const refused = await fetch(`${url}/socket.io/?EIO=4&transport=polling`);
  expect([refused.status, refused.headers.get("connection")]).toEqual([503, "close"]);
  expect(await refused.json()).toEqual({ code: 6, message: "Server is draining" });
  // Who is in, goes on.
  const heard = once(socket, "hi");
  guest.emit("hi");
  await heard;
  const gone = once(guest as never, "disconnect");
  clock.advance(30_000);
  expect((await gone)[0]).toBe("transport close");
  await drained;
  expect(io.httpServer.listening).toBe(false);
});

test("moves clients away evenly over the time, and is done when the last has gone", async () => {
  const clock = new FakeClock();
  const { io, pair } = await world({ clock });
  const reasons: string[] = [];
  for (let count = 0; count < 4; count++) {
    const [socket] = await pair("/", { reconnection: false });
    socket.on("disconnect", (reason) => reasons.push(reason));
  }
  const drained = io.drain({ over: 4000 });
  const still: number[] = [];
  for (let second = 1; second <= 4; second++) {
    clock.advance(999);
    still.push(reasons.length);
    clock.advance(1);
  }
  expect(still).toEqual([0, 1, 2, 3]);
  expect(reasons).toEqual(Array(4).fill("server shutting down"));
  await drained;
  await vi.waitFor(() => expect(clock.pending).toBe(0));
});

test("drains once, and at once when there is nobody", async () => {
  const { io } = await world({ clock: new FakeClock() });
  await Promise.all([io.drain({ over: "10m" }), io.drain()]);
  expect(io.ready).toBe(false);
});

test.each(["soon", "", "-1s", "1h", Number.NaN, -5, 2 ** 31])("refuses %j as a time", async (over) => {
  const { io } = await world();
  const error = { name: "TypeError", code: "ERR_OPTION", message: expect.stringContaining(String(over)) };
  await expect(io.drain({ over })).rejects.toMatchObject(error);
  expect(io.ready).toBe(true);
});

test.each([5000, "5s", null])("refuses %j for its options", async (options) => {
  const { io } = await world();
  const error = { name: "TypeError", code: "ERR_OPTION", message: expect.stringContaining(String(options)) };
  await expect(io.drain(options as never)).rejects.toMatchObject(error);
  expect(io.ready).toBe(true);
});

test("keeps the sessions for their recovery before it lets the clients go", async () => {
  const { io, pair } = await world({ connectionStateRecovery: {} });
  const [socket] = await pair("/", { reconnection: false });
  const persist = vi.spyOn(io.of("/").adapter, "persistSession");
  await io.drain({ over: 0 });
  expect(persist.mock.calls[0]?.[0]).toMatchObject({ sid: socket.id, rooms: [socket.id] });
});
