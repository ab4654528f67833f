/** Brings the built packages up to date, since they are what is measured. */
import { spawnSync } from "node:child_process";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { note } from "./report/progress.mjs";

const root = join(dirname(fileURLToPath(import.meta.url)), "..", "..");
const measured = ["server", "client", "redis", "nats", "postgres"].map((name) => `packages/${name}`);

export function buildPackages() {
  note("Building the packages (--no-build leaves them as they are) ...");
  const tsc = join(dirname(createRequire(import.meta.url).resolve("typescript/package.json")), "bin", "tsc");
  const { status } = spawnSync(process.execPath, [tsc, "-b", ...measured], { cwd: root, stdio: "inherit" });
  if (status !== 0) throw new Error(`tsc -b ${measured.join(" ")} failed`);
}
