/** What the client makes of a page's events, on a page and a clock that the test plays. */
import { FakeClock } from "@sockeye/core/testing";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { Manager } from "../src/sockeye/manager.ts";
import type { ManagerOptions } from "../src/sockeye/options.ts";
import { TestTransport } from "./transport.ts";

const listeners = new Map<string, Set<(event: { type: string }) => void>>();
const target = {
  addEventListener(type: string, listener: () => void) {
    listeners.set(type, (listeners.get(type) ?? new Set()).add(listener));
  },
  removeEventListener(type: string, listener: () => void) {
    listeners.get(type)?.delete(listener);
  },
};
const happens = (type: string): void => {
  for (const listener of [...(listeners.get(type) ?? [])]) listener({ type });
};

beforeEach(() => {
  vi.stubGlobal("addEventListener", target.addEventListener);
  vi.stubGlobal("removeEventListener", target.removeEventListener);
  vi.stubGlobal("navigator", { onLine: true, connection: target });
  vi.stubGlobal("document", { hidden: false });
});
afterEach(() => {
  vi.unstubAllGlobals();
  listeners.clear();
});

const last = (): TestTransport => TestTransport.made.at(-1) as TestTransport;
const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

function connected(options: Partial<ManagerOptions> = {}): {
  io: Manager;
  clock: FakeClock;
  reasons: string[];
} {
  const clock = new FakeClock();
  TestTransport.made = [];
  const io = new Manager("http://host", {
    clock,
    transportImplementations: [TestTransport],
    randomizationFactor: 0,
    ...options,
  });
  const reasons: string[] = [];
  io.on("close", (reason) => reasons.push(reason));
  last().accept();
  return { io, clock, reasons };
}

test.each(["online", "visibilitychange", "change"])(
  "%s tests the connection, which is lost without an answer",
  (type) => {
    const { clock, reasons } = connected();
    happens(type);
    expect(last().types).toEqual(["message 0/sockeye-probe,"]);
    clock.advance(4999);
    expect(reasons).toEqual([]);
    clock.advance(1);
    expect(reasons).toEqual(["ping timeout"]);
  },
);

test("a refusal proves that the server is there; one that lets anybody in is told that nobody stays", async () => {
  for (const [answer, then] of [
    ['4/sockeye-probe,{"message":"Invalid namespace"}', []],
    ['0/sockeye-probe,{"sid":"x"}', ["message 1/sockeye-probe,"]],
  ] as const) {
    const { io, clock, reasons } = connected();
    happens("visibilitychange");
    last().drain();
    last().receive("message", answer);
    await settle();
    clock.advance(10_000);
    expect([reasons, io._readyState]).toEqual([[], "open"]);
    expect(last().types.slice(1)).toEqual(then);
    io.close();
  }
});

test("nothing is tested while the page is hidden or offline, or against the application's will", () => {
  connected();
  vi.stubGlobal("document", { hidden: true });
  happens("visibilitychange");
  expect(last().types).toEqual([]);
  vi.unstubAllGlobals();
  connected({ pageAware: false });
  happens("online");
  expect(last().types).toEqual([]);
});

test("online ends the wait for the next attempt; a network that changes a little does not", () => {
  const { clock } = connected({ reconnectionDelay: 4000 });
  last().end();
  happens("change");
  expect(TestTransport.made).toHaveLength(1);
  happens("online");
  expect(TestTransport.made).toHaveLength(2);
  last().accept();
  clock.advance(4000);
  expect(TestTransport.made).toHaveLength(2);
});

test("offline closes, and says why", () => {
  const { io } = connected();
  const closed = vi.fn();
  io.on("close", closed);
  happens("offline");
  expect(closed).toHaveBeenCalledExactlyOnceWith("transport close", {
    description: "network connection lost",
  });
});

test("a page that is left closes the connection silently, if asked to", () => {
  const kept = connected();
  happens("beforeunload");
  expect(last().closed).toBe(false);
  kept.io.close();
  const { reasons } = connected({ closeOnBeforeunload: true });
  happens("beforeunload");
  expect([last().closed, reasons]).toEqual([true, []]);
});

test("listens once however often it connects, and not at all once it is closed", () => {
  const { io, clock } = connected();
  for (let i = 0; i < 3; i++) {
    last().end();
    clock.advance(1000);
    last().accept();
  }
  const listening = Object.fromEntries([...listeners].map(([type, { size }]) => [type, size]));
  // The engine listens to its own end, the Manager to all news.
  expect(listening).toEqual({ online: 1, offline: 2, visibilitychange: 1, change: 1, beforeunload: 1 });
  io.close();
  expect([...listeners.values()].every(({ size }) => size === 0)).toBe(true);
});
