/** A short form of `npm run fuzz -- cluster`. */
import { expect, test } from "vitest";
import { simulate } from "./simulation/simulation.ts";

const RUNS = 40;

test("whatever goes wrong, clients that are recovered get all that is theirs, once and in order", async () => {
  const counts: Record<string, number> = {};
  for (let seed = 1; seed <= RUNS; seed++) {
    const outcome = await simulate(seed);
    expect({ seed, faults: outcome.faults }).toEqual({ seed, faults: [] });
    for (const [name, count] of Object.entries(outcome.counts)) counts[name] = (counts[name] ?? 0) + count;
  }
  // Otherwise little has been tried.
  expect(counts.received).toBeGreaterThan(100 * RUNS);
  expect(counts.recovered).toBeGreaterThan(2 * RUNS);
}, 60_000);
