/** Delivery under faults of all kinds, by seeds; `npm run fuzz` goes through more of them. */
import { expect, test } from "vitest";
import { type Faults, simulate } from "./simulation/simulation.ts";

const RUNS = 4;

const calm: Faults = { kill: false, suspend: false, outage: false };

test.each<[title: string, durable: boolean, faults: Partial<Faults>]>([
  ["connections that break", true, {}],
  ["killed servers", true, { kill: true }],
  ["suspended servers", true, { suspend: true }],
  ["an engine that is away", true, { outage: true }],
  ["all of these", true, { kill: true, suspend: true, outage: true }],
  ["connections that break, without records", false, {}],
  ["all of these, without records", false, { kill: true, suspend: true, outage: true }],
])(
  "reliable events arrive once and in order, and orders are handled: %s",
  async (_title, durable, faults) => {
    for (let seed = 1; seed <= RUNS; seed++) {
      const { faults: found, events, orders } = await simulate(seed, durable, { ...calm, ...faults });
      expect(found, `seed ${seed}`).toEqual([]);
      expect(Math.min(events, orders)).toBeGreaterThan(50);
    }
  },
  60_000,
);
