/** Each wait ends once, and leaves nothing behind. */
import { AckLedger } from "@sockeye/core";
import { FakeClock } from "@sockeye/core/testing";
import { beforeEach, expect, test, vi } from "vitest";

let clock: FakeClock;
let ledger: AckLedger;

beforeEach(() => {
  clock = new FakeClock();
  ledger = new AckLedger(clock);
});

test("an answer settles its wait, and a second one finds nobody", () => {
  const settle = vi.fn();
  ledger.wait(7, settle, { timeout: 100 });
  expect(ledger.answer(7, ["yes", 1])).toBe(true);
  expect(ledger.answer(7, ["again"])).toBe(false);
  clock.advance(1000);
  expect(settle.mock.calls).toEqual([[null, ["yes", 1]]]);
  expect([ledger.size, clock.pending]).toEqual([0, 0]);
});

test("an answer to what was never asked is ignored", () => {
  expect(ledger.answer(0, [])).toBe(false);
});

test("the timeout settles a wait at its moment, after taking back what was not sent", () => {
  const order: string[] = [];
  const withdraw = (): void => void order.push("withdraw");
  ledger.wait(1, (error) => order.push(String(error)), { timeout: 100, withdraw });
  clock.advance(99);
  expect(order).toEqual([]);
  clock.advance(1);
  expect(order).toEqual(["withdraw", "Error: operation has timed out"]);
  expect(ledger.answer(1, ["late"])).toBe(false);
});

test("an aborted signal settles a wait with its reason, and its listener goes with the wait", () => {
  const controller = new AbortController();
  const removed = vi.spyOn(controller.signal, "removeEventListener");
  const [aborted, answered] = [vi.fn(), vi.fn()];
  ledger.wait(1, aborted, { signal: controller.signal, timeout: 100 });
  ledger.wait(2, answered, { signal: controller.signal });
  ledger.answer(2, ["in time"]);
  expect(removed).toHaveBeenCalledOnce();
  controller.abort(new Error("enough"));
  expect(aborted.mock.calls).toEqual([[new Error("enough"), []]]);
  expect(answered.mock.calls).toEqual([[null, ["in time"]]]);
  expect(clock.pending).toBe(0);
});

test("when the connection ends, every wait does, and bare callbacks are let go", () => {
  const [settle, callback] = [vi.fn(), vi.fn()];
  ledger.wait(1, settle, { timeout: 100 });
  ledger.set(2, callback);
  ledger.failAll(new Error("gone"));
  expect(settle.mock.calls).toEqual([[new Error("gone"), []]]);
  expect(callback).not.toHaveBeenCalled();
  expect([ledger.size, clock.pending]).toEqual([0, 0]);
});

test("a bare callback is called with the answer's arguments", () => {
  const callback = vi.fn();
  ledger.set(3, callback).answer(3, [1, 2]);
  expect(callback).toHaveBeenCalledExactlyOnceWith(1, 2);
});

test("a deleted wait is over without a word, its timer too", () => {
  const settle = vi.fn();
  ledger.wait(1, settle, { timeout: 100 });
  expect(ledger.delete(1)).toBe(true);
  expect(ledger.delete(1)).toBe(false);
  clock.advance(1000);
  expect(settle).not.toHaveBeenCalled();
});
