/** `npm run chaos`: breaks a cluster for a while, over each engine, and tells what became of every message. */
import { engines } from "./engines.ts";
import { type Options, parse, USAGE } from "./options.ts";
import { print } from "./report.ts";
import { run } from "./run.ts";

let options: Options;
try {
  options = parse(process.argv.slice(2));
} catch (error) {
  console.error(`${(error as Error).message}\n\n${USAGE}`);
  process.exit(2);
}

let kept = true;
for (const engine of options.engines) {
  if (!engines[engine].installed()) {
    kept = false;
    continue;
  }
  const { servers, clients, seed, faults: kinds, seconds } = options;
  console.log(`\n${engine}: ${servers} servers, ${clients} clients, seed ${seed}`);
  const faults = { kinds, duration: seconds * 1_000 };
  const report = await run({ ...options, engine, faults, calm: 1_500, log: console.log });
  kept = print(report, console.log) && kept;
}
process.exit(kept ? 0 : 1);
