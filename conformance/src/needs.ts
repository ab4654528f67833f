/** What this machine lacks, as `scripts/environment.mjs` found out: tests that need it are skipped, loudly. */
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";

const missing = new Set(process.env.SOCKEYE_MISSING?.split(","));

export function lacks(need: "chromium" | "python3-socketio" | "node24"): boolean {
  if (missing.has(need)) console.warn(`!!! SKIPPED: ${need} is missing`);
  return missing.has(need);
}

export interface NodeRuntime {
  name: string;
  path: string;
}

const folder = new URL(
  `../runtimes/node_modules/node-${process.platform}-${process.arch}/bin/node`,
  import.meta.url,
);

/** The Node.js that runs this, and Node.js 24. */
export function nodeRuntimes(): NodeRuntime[] {
  const current = { name: `Node.js ${process.versions.node}`, path: process.execPath };
  const path = fileURLToPath(folder);
  return lacks("node24") || !existsSync(path) ? [current] : [current, { name: "Node.js 24", path }];
}
