/**
 * `npm run fuzz`: the long fuzz runs of all packages; `npm run fuzz -- 1000` for a short one, and
 * `npm run fuzz -- cluster --runs 10000 --seed 1` for those of one package with options of its own.
 */
import { existsSync, readdirSync } from "node:fs";
import { build, install, run } from "./install.mjs";

const programOf = (name) => `packages/${name}/fuzz/fuzz.mjs`;
const [first, ...rest] = process.argv.slice(2);
const isNamed = first !== undefined && existsSync(programOf(first));

install();
build();
for (const name of isNamed ? [first] : readdirSync("packages")) {
  const program = programOf(name);
  if (existsSync(program)) run(process.execPath, [program, ...(isNamed ? rest : process.argv.slice(2))]);
}
