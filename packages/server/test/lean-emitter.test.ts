/** An emitter without a table is an emitter like any other: a guard for new versions of Node.js. */
import { EventEmitter, once } from "node:events";
import { Socket } from "@sockeye/server/engine";
import { expect, test, vi } from "vitest";
import { world } from "./support/world.ts";

test("every method of EventEmitter works on a socket that nobody has listened to", async () => {
  const { pair } = await world();
  const fresh = async (): Promise<EventEmitter> => (await pair())[0] as unknown as EventEmitter;
  const heard = vi.fn();
  expect((await fresh()).eventNames()).toEqual([]);
  expect((await fresh()).listenerCount("x")).toBe(0);
  expect((await fresh()).listeners("x")).toEqual([]);
  expect((await fresh()).rawListeners("x")).toEqual([]);
  (await fresh()).off("x", heard).removeAllListeners("x").removeAllListeners().setMaxListeners(5);
  for (const add of ["on", "once", "addListener", "prependListener", "prependOnceListener"] as const) {
    const emitter = (await fresh())[add]("x", heard);
    expect([emitter.eventNames(), emitter.listenerCount("x")]).toEqual([["x"], 1]);
    EventEmitter.prototype.emit.call(emitter, "x", add);
    expect(heard).toHaveBeenLastCalledWith(add);
    emitter.off("x", heard);
    expect(emitter.eventNames()).toEqual([]);
  }
  const emitter = await fresh();
  const waiting = once(emitter, "x");
  EventEmitter.prototype.emit.call(emitter, "x", 1);
  expect(await waiting).toEqual([1]);
  expect(Socket.prototype).toBeInstanceOf(EventEmitter);
});

test("a connected socket holds no table of listeners", async () => {
  const { pair } = await world();
  const [socket] = await pair();
  expect((socket as unknown as { _events: unknown })._events).toBeUndefined();
});
