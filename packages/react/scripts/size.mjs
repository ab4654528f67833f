/** Fails when the hooks are larger than promised: what they add to a bundle of the client, minified, after brotli. */
import { fileURLToPath } from "node:url";
import { brotliCompressSync } from "node:zlib";
import { build } from "esbuild";

/** In bytes; a kilobyte is 1000 of them. Bundlers leave out what an app does not import. */
const BUDGETS = [
  ["provider and hooks, typed", 1500, `export { createSocketContext } from "./index.ts";`],
  ["provider and hooks, untyped", 1500, `export * from "./untyped.ts";`],
  ["useRoom and usePresence", undefined, `export { useRoom, usePresence } from "./index.ts";`],
  ["everything", undefined, `export * from "./index.ts";`],
];

const CLIENT = `export * from "@sockeye/client";`;
const resolveDir = fileURLToPath(new URL("../src", import.meta.url));

async function sizeOf(contents) {
  const { outputFiles } = await build({
    stdin: { contents, resolveDir, loader: "ts" },
    bundle: true,
    minify: true,
    format: "esm",
    platform: "browser",
    target: "es2022",
    conditions: ["source"],
    external: ["react"],
    write: false,
  });
  return brotliCompressSync(outputFiles[0].contents).length;
}

const client = await sizeOf(CLIENT);
let failed = false;
for (const [name, budget, contents] of BUDGETS) {
  const size = (await sizeOf(CLIENT + contents)) - client;
  const over = budget !== undefined && size > budget;
  failed ||= over;
  const limit = budget === undefined ? "" : ` (at most ${budget})`;
  console.log(`${over ? "TOO LARGE " : ""}${name}: ${size} bytes${limit} on top of the client's ${client}`);
}
if (failed) process.exit(1);
