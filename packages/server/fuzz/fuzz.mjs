/**
 * Many runs of the simulated delivery, each under faults of another mixture:
 *
 *   node packages/server/fuzz/fuzz.mjs [runs] [seed]
 *
 * One run alone (`1 <seed>`) that fails prints all that happened in it.
 */
import { withSource } from "../../../scripts/sources.mjs";

const runs = Number(process.argv[2] ?? 2_000);
const first = Number(process.argv[3] ?? Math.floor(Math.random() * 2 ** 30));

await withSource(new URL("../test/simulation/simulation.ts", import.meta.url), async ({ simulate }) => {
  console.log(`delivery: ${runs} simulated runs from seed ${first}`);
  const start = performance.now();
  let [events, failed] = [0, 0];
  for (let seed = first; seed < first + runs; seed++) {
    const faults = { kill: (seed & 1) > 0, suspend: (seed & 2) > 0, outage: (seed & 4) > 0 };
    const outcome = await simulate(seed, seed % 5 > 0, faults);
    events += outcome.events;
    if (outcome.faults.length === 0) continue;
    failed++;
    console.log(`seed ${seed}: ${outcome.faults.slice(0, 5).join("; ")}`);
    if (runs === 1) console.log(outcome.history.join("\n"));
  }
  const seconds = ((performance.now() - start) / 1000).toFixed(1);
  console.log(`delivery: ${events} reliable events, ${failed} of ${runs} runs failed, in ${seconds} s`);
  if (failed > 0) process.exitCode = 1;
});
