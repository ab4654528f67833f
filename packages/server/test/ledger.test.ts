/** The ledger over an engine that may do what it is told at once in any order. */
import type { SharedRecords } from "@sockeye/adapter";
import { FakeClock } from "@sockeye/core/testing";
import { expect, test } from "vitest";
import { Ledger } from "../src/delivery/ledger.ts";

/** Records whose calls end when the test says so. */
function engine(): { records: SharedRecords; calls: string[]; end: Array<(error?: Error) => void> } {
  const calls: string[] = [];
  const end: Array<(error?: Error) => void> = [];
  const call = <Value>(what: string, value: Value): Promise<Value> => {
    calls.push(what);
    return new Promise((resolve, reject) => end.push((error) => (error ? reject(error) : resolve(value))));
  };
  const records: SharedRecords = {
    hold: (key, value) => call(`hold ${key} ${value}`, true),
    seize: (key) => call(`seize ${key}`, "written"),
    release: (key) => call(`release ${key}`, undefined),
  };
  return { records, calls, end };
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

test("what is written of a client is written in order, and of others meanwhile", async () => {
  const { records, calls, end } = engine();
  const ledger = new Ledger(records, new FakeClock(), 1000);
  let state = 1;
  const first = ledger.keep("a", () => state);
  const second = ledger.keep("a", () => state);
  const third = ledger.take("a", 1000);
  ledger.forget("a");
  void ledger.keep("b", () => "other");
  state = 2;
  await turn();
  expect(calls).toEqual(["hold a 1", "hold b other"]);
  end[0]?.();
  expect(await first).toBe(true);
  await turn();
  // Not what it was when it was asked for.
  expect(calls.slice(2)).toEqual(["hold a 2"]);
  end[2]?.();
  expect(await second).toBe(true);
  await turn();
  expect(calls.slice(3)).toEqual(["seize a"]);
  end[3]?.();
  expect(await third).toEqual({ written: "written" });
  await turn();
  expect(calls.slice(4)).toEqual(["release a"]);
});

test("what failed is tried again with the state of then, unless there is nothing to write any more", async () => {
  const { records, calls, end } = engine();
  const clock = new FakeClock();
  const ledger = new Ledger(records, clock, 1000);
  let state: number | undefined = 1;
  const kept = ledger.keep("a", () => state);
  for (const next of [2, undefined]) {
    end.at(-1)?.(new Error("away"));
    await turn();
    state = next;
    clock.advance(200);
    await turn();
  }
  expect(await kept).toBe(false);
  expect(calls).toEqual(["hold a 1", "hold a 2"]);
});

test("gives up after its time, and does not take what is not wanted any more", async () => {
  const { records, calls, end } = engine();
  const clock = new FakeClock();
  const ledger = new Ledger(records, clock, 1000);
  const taken = ledger.take("a", 300);
  for (let attempt = 0; attempt < 2; attempt++) {
    end.at(-1)?.(new Error("away"));
    await turn();
    clock.advance(200);
    await turn();
  }
  expect(await taken).toBeUndefined();
  expect(calls).toEqual(["seize a", "seize a"]);
  expect(await ledger.take("a", 300, () => false)).toBeUndefined();
  expect(calls).toHaveLength(2);
});
