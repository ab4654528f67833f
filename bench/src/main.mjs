/** `npm run bench`: measures every server side by side, prints the ratios and writes them down. */
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { buildPackages } from "./build.mjs";
import { Child } from "./child.mjs";
import { measureAll } from "./measure.mjs";
import { help, optionsOf } from "./options.mjs";
import { body, forgetUnfinished, keepUnfinished, writeResults } from "./report/files.mjs";
import { note } from "./report/progress.mjs";

const folder = join(dirname(fileURLToPath(import.meta.url)), "..");

for (const signal of /** @type {NodeJS.Signals[]} */ (["SIGINT", "SIGTERM"])) {
  process.on(signal, () => {
    Child.killAll();
    note("Interrupted. What was measured before is in bench/results-unfinished.md.");
    process.exit(130);
  });
}
process.on("exit", () => Child.killAll());

const args = process.argv.slice(2);
const options = optionsOf(args);
if (!options) process.stdout.write(help);
else {
  if (options.build) buildPackages();
  const command = ["npm run bench", ...(args.length > 0 ? ["--", ...args] : [])].join(" ");
  const place = { command, profiles: join(folder, "profiles") };
  const run = await measureAll(options, place, (soFar) => keepUnfinished(soFar, folder));
  forgetUnfinished(folder);
  process.stdout.write(`\n${body(run)}\n`);
  if (options.writes) writeResults(run, folder);
  else note("Only a part was measured: results.md and results.svg stay as they are.");
}
