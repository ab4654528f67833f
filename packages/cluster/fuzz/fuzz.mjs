/**
 * Many runs of the simulated cluster; the seed of one that fails can be played again, with all that happened:
 *
 *   node packages/cluster/fuzz/fuzz.mjs [--runs 2000] [--seed 1] [--trace]
 */
import { parseArgs } from "node:util";
import { withSource } from "../../../scripts/sources.mjs";

const { values, positionals } = parseArgs({
  options: { runs: { type: "string" }, seed: { type: "string" }, trace: { type: "boolean" } },
  allowPositionals: true,
});
const runs = Number(values.runs ?? positionals[0] ?? 2_000);
const first = Number(values.seed ?? Math.floor(Math.random() * 2 ** 30));

await withSource(new URL("../test/simulation/simulation.ts", import.meta.url), async ({ simulate }) => {
  console.log(`cluster: ${runs} simulated runs from seed ${first}`);
  const start = performance.now();
  const counts = {};
  let [steps, failed] = [0, 0];
  for (let seed = first; seed < first + runs; seed++) {
    const outcome = await simulate(seed, values.trace);
    steps += outcome.steps;
    for (const [name, count] of Object.entries(outcome.counts)) counts[name] = (counts[name] ?? 0) + count;
    if (values.trace) for (const line of outcome.trace) console.log(line);
    if (outcome.faults.length === 0) continue;
    failed++;
    console.log(`seed ${seed}: ${outcome.faults.length} faults`);
    for (const fault of outcome.faults.slice(0, 5)) console.log(`  ${fault}`);
  }
  const seconds = (performance.now() - start) / 1000;
  const rate = Math.round(steps / seconds);
  console.log(
    `cluster: ${failed} of ${runs} runs failed, ${rate} steps per second in ${seconds.toFixed(1)} s`,
    counts,
  );
  if (failed > 0) {
    console.log("play one again: node packages/cluster/fuzz/fuzz.mjs --runs 1 --trace --seed <seed>");
    process.exitCode = 1;
  }
});
