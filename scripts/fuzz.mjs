/** `npm run fuzz`: the long fuzz runs of all packages; `npm run fuzz -- 1000` for a short one. */
import { existsSync, readdirSync } from "node:fs";
import { build, install, run } from "./install.mjs";

install();
build();
for (const name of readdirSync("packages")) {
  const program = `packages/${name}/fuzz/fuzz.mjs`;
  if (existsSync(program)) run(process.execPath, [program, ...process.argv.slice(2)]);
}
