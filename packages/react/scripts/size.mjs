/** Fails when the hooks are larger than promised: bytes after minification and brotli, on top of client and React. */
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

const resolveDir = fileURLToPath(new URL("../src", import.meta.url));
let failed = false;
for (const [name, budget, contents] of BUDGETS) {
  const { outputFiles } = await build({
    stdin: { contents, resolveDir, loader: "ts" },
    bundle: true,
    minify: true,
    format: "esm",
    target: "es2022",
    external: ["react", "@sockeye/client"],
    write: false,
  });
  const code = outputFiles[0].contents;
  const size = brotliCompressSync(code).length;
  const over = budget !== undefined && size > budget;
  failed ||= over;
  const limit = budget === undefined ? "" : ` (at most ${budget})`;
  console.log(`${over ? "TOO LARGE " : ""}${name}: ${size} bytes${limit}, ${code.length} minified`);
}
if (failed) process.exit(1);
