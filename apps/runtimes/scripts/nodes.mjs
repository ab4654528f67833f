/** Brings the other versions of Node.js into .nodes/, for the tests. */
import { execFileSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { arch, platform } from "node:process";
import { fileURLToPath } from "node:url";

const folder = fileURLToPath(new URL("../.nodes", import.meta.url));
const dependencies = Object.fromEntries(
  ["22", "24"].map((version) => [`node-${version}`, `npm:node-${platform}-${arch}@${version}`]),
);
mkdirSync(folder, { recursive: true });
writeFileSync(`${folder}/package.json`, JSON.stringify({ private: true, dependencies }));
execFileSync("npm", ["install", "--no-audit", "--no-fund", "--no-bin-links"], {
  cwd: folder,
  stdio: "inherit",
});
