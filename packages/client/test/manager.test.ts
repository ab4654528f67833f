/** The Manager's patience, on a clock that the test turns, over connections that the test plays. */
import { FakeClock } from "@sockeye/core/testing";
import fc from "fast-check";
import { describe, expect, test, vi } from "vitest";
import { Manager as CoreManager } from "../src/manager.ts";
import { backoff } from "../src/reconnector.ts";
import { Manager } from "../src/sockeye/manager.ts";
import type { ManagerOptions } from "../src/sockeye/options.ts";
import { HANDSHAKE, TestTransport } from "./transport.ts";

function start(
  options: Partial<ManagerOptions> = {},
  Class: typeof CoreManager = Manager,
): { io: CoreManager; clock: FakeClock } {
  const clock = new FakeClock();
  TestTransport.made = [];
  const io = new Class("http://host", {
    clock,
    transportImplementations: [TestTransport],
    randomizationFactor: 0,
    ...options,
  });
  return { io, clock };
}

const last = (): TestTransport => TestTransport.made.at(-1) as TestTransport;

test("the delay doubles from reconnectionDelay up to reconnectionDelayMax", () => {
  expect([0, 1, 2, 3, 9].map((attempt) => backoff(attempt, 1000, 5000, 0))).toEqual([
    1000, 2000, 4000, 5000, 5000,
  ]);
});

test("the delay varies within randomizationFactor, and stays between zero and the maximum", () => {
  fc.assert(
    fc.property(
      fc.nat(2000),
      fc.double({ min: 0, max: 1, noNaN: true }),
      fc.double({ min: 0, max: 0.999, noNaN: true }),
      (attempt, factor, random) => {
        const delay = backoff(attempt, 1000, 5000, factor, random);
        expect(delay).toBeGreaterThanOrEqual(0);
        expect(delay).toBeLessThanOrEqual(5000);
        if (attempt === 0) expect(Math.abs(delay - 1000)).toBeLessThanOrEqual(1000 * factor + 1);
      },
    ),
  );
});

test("the delay is a number after thousands of attempts", () => {
  expect([backoff(5000, 1000, 5000, 1, 0), backoff(5000, 1000, 5000, 1, 0.5)]).toEqual([0, 5000]);
});

describe.each([
  ["core", CoreManager],
  ["everything", Manager as typeof CoreManager],
])("%s", (_name, Class) => {
  const manager = (options?: Partial<ManagerOptions>) => start(options, Class);

  test("tries again after each delay, tells of every attempt, and starts anew once it has succeeded", () => {
    const { io, clock } = manager();
    const events: unknown[] = [];
    for (const name of ["open", "close", "reconnect", "reconnect_attempt"] as const) {
      io.on(name, (...args: unknown[]) => events.push([name, ...args.slice(0, 1)]));
    }
    io.on("reconnect_error", (error) => events.push(["reconnect_error", error.message]));
    last().accept();
    last().end();
    for (const delay of [1000, 2000]) {
      clock.advance(delay - 1);
      const before = TestTransport.made.length;
      clock.advance(1);
      expect(TestTransport.made.length).toBe(before + 1);
      last().fail();
    }
    clock.advance(4000);
    last().accept();
    expect(events).toEqual([
      ["open"],
      ["close", "transport close"],
      ["reconnect_attempt", 1],
      ["reconnect_error", "test error"],
      ["reconnect_attempt", 2],
      ["reconnect_error", "test error"],
      ["reconnect_attempt", 3],
      ["open"],
      ["reconnect", 3],
    ]);
    last().end();
    clock.advance(1000);
    expect(events.at(-1)).toEqual(["reconnect_attempt", 1]);
  });

  test("an engine that closes before it is open is a failed attempt", () => {
    const { io, clock } = manager();
    const error = vi.fn();
    io.on("error", error);
    last().end();
    expect(error.mock.calls).toEqual([[new Error("transport close")]]);
    clock.advance(1000);
    expect(TestTransport.made).toHaveLength(2);
  });

  test("leaves on the engine what applications listen to", () => {
    const { io } = manager();
    const packet = vi.fn();
    const close = vi.fn();
    io.engine.on("packet", packet).on("close", close);
    last().accept();
    io._close();
    expect(packet).toHaveBeenCalledOnce();
    expect(close).toHaveBeenCalledExactlyOnceWith("forced close", undefined);
  });

  test("gives up after reconnectionAttempts", () => {
    const { io, clock } = manager({ reconnectionAttempts: 2 });
    const failed = vi.fn();
    io.on("reconnect_failed", failed);
    last().fail();
    for (let i = 0; i < 2; i++) {
      expect(failed).not.toHaveBeenCalled();
      clock.advance(5000);
      last().fail();
    }
    expect(failed).toHaveBeenCalledOnce();
    clock.advance(60_000);
    expect([TestTransport.made.length, clock.pending]).toEqual([3, 0]);
  });

  test("an attempt that takes longer than the timeout has failed", () => {
    const { io, clock } = manager({ reconnection: false });
    const error = vi.fn();
    io.on("error", error);
    clock.advance(19_999);
    expect(error).not.toHaveBeenCalled();
    clock.advance(1);
    expect(error.mock.calls[0]?.[0]).toMatchObject({ message: "timeout" });
    expect([last().closed, clock.pending]).toEqual([true, 0]);
  });

  test("timeout false waits for ever", () => {
    const { clock } = manager({ timeout: false });
    expect(clock.pending).toBe(0);
  });

  test("close() ends an attempt to restore the connection, also one that waits", () => {
    const { io, clock } = manager();
    last().accept();
    last().end();
    expect(clock.pending).toBe(1);
    io.close();
    clock.advance(60_000);
    expect([TestTransport.made.length, clock.pending]).toEqual([1, 0]);
  });

  test("a listener of reconnect_attempt may stop it", () => {
    const { io, clock } = manager();
    io.on("reconnect_attempt", () => io.close());
    last().fail();
    clock.advance(60_000);
    expect(TestTransport.made.length).toBe(1);
  });

  test("reconnection(false) lets the next loss be the last", () => {
    const { io, clock } = manager();
    last().accept();
    io.reconnection(false);
    last().end();
    expect([io.reconnection(), clock.pending]).toEqual([false, 0]);
  });

  test("open() calls back with the error, and leaves the next attempt to its caller", () => {
    const { io, clock } = manager({ autoConnect: false });
    const opened = vi.fn();
    io.open(opened);
    last().fail();
    expect(opened.mock.calls[0]?.[0]).toMatchObject({ message: "test error" });
    expect(clock.pending).toBe(0);
    io.connect(opened);
    last().accept(HANDSHAKE);
    expect(opened).toHaveBeenLastCalledWith();
  });

  test("settings can be read and changed at run time", () => {
    const { io } = manager({ reconnectionDelayMax: 3 });
    expect([
      io.reconnection(),
      io.reconnectionAttempts(),
      io.reconnectionDelay(),
      io.reconnectionDelayMax(),
      io.timeout(),
    ]).toEqual([true, Infinity, 1000, 3, 20000]);
    expect(io.reconnectionDelay(5).reconnectionDelayMax(6).randomizationFactor(0.1).timeout(false)).toBe(io);
    expect([
      io.reconnectionDelay(),
      io.reconnectionDelayMax(),
      io.randomizationFactor(),
      io.timeout(),
    ]).toEqual([5, 6, 0.1, false]);
  });
});

test("an aborted signal ends the connection, and all attempts", () => {
  const controller = new AbortController();
  const { io, clock } = start({ signal: controller.signal });
  const close = vi.fn();
  io.on("close", close);
  last().accept();
  controller.abort();
  expect(close).toHaveBeenCalledExactlyOnceWith("forced close", undefined);
  clock.advance(60_000);
  io.open();
  expect([TestTransport.made.length, clock.pending]).toEqual([1, 0]);
});
