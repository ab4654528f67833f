/** The log in memory does what every log must do. */
import { describeLog, MemoryEngine } from "@sockeye/cluster/testing";
import { describe, expect, test } from "vitest";

describeLog({ describe, test }, "memory log", async () => {
  let engine: MemoryEngine | undefined;
  return {
    async connect(limits) {
      engine ??= new MemoryEngine(limits);
      return engine.connect();
    },
    async close() {},
    async interrupt() {
      const buses = [...(engine?.hub.buses ?? [])];
      for (const bus of buses) bus.cut();
      return async () => {
        for (const bus of buses) bus.mend();
      };
    },
  };
});

test("limits that keep nothing are refused", () => {
  expect(() => new MemoryEngine({ maxEntries: 0 })).toThrow(RangeError);
  expect(() => new MemoryEngine({ maxAge: Number.NaN })).toThrow(RangeError);
});
