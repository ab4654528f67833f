/** Brings the dependencies of this checkout, only when they are not there or not the lock file's. */
import { spawnSync } from "node:child_process";
import { existsSync, statSync } from "node:fs";

export function run(command, args, options = {}) {
  const { status, error } = spawnSync(command, args, { stdio: "inherit", ...options });
  if (error) throw error;
  if (status !== 0) process.exit(status ?? 1);
}

export function install() {
  const installed = "node_modules/.package-lock.json";
  const stale = !existsSync(installed) || statSync(installed).mtimeMs < statSync("package-lock.json").mtimeMs;
  // Not `npm ci`, which refuses a registry that lacks the optional packages of other platforms.
  if (stale) run("npm", ["install", "--no-audit", "--no-fund"]);
}

const BUNDLED = ["packages/client", "compat/socket.io-client", "compat/engine.io-client", "apps/playground"];

/** Everything that is published or run: JavaScript and types, then the bundles for pages, and the page of the playground. */
export function build() {
  run("npx", ["tsc", "-b"]);
  for (const folder of BUNDLED) run("npm", ["run", "--silent", "--workspace", folder, "bundle"]);
}
