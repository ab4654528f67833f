/** Bundles tests of @sockeye/react with this workspace's React: bundle.mjs FOLDER FILE... */
import { writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const [folder, ...files] = process.argv.slice(2);
const react18 = (name) => dirname(fileURLToPath(import.meta.resolve(`${name}/package.json`)));

await build({
  absWorkingDir: fileURLToPath(new URL("../../react/test", import.meta.url)),
  entryPoints: files,
  outdir: folder,
  bundle: true,
  // No chunks in common: what a file imports says afterEach(), which counts for the suite that evaluates it.
  format: "esm",
  platform: "node",
  target: "node20",
  jsx: "automatic",
  jsxDev: true,
  conditions: ["source"],
  alias: { react: react18("react"), "react-dom": react18("react-dom") },
  external: ["vitest", "ws", "socket.io"],
});
// Files that end in .js here are modules.
await writeFile(join(folder, "package.json"), '{ "type": "module" }');
