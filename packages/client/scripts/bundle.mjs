/** Builds the files that pages load, under the names that people expect, into dist/. */
import { writeFile } from "node:fs/promises";
import { resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const root = fileURLToPath(new URL("..", import.meta.url));

const common = {
  absWorkingDir: root,
  bundle: true,
  target: "es2022",
  platform: "browser",
  conditions: ["source"],
  charset: "utf8",
  sourcemap: true,
  legalComments: "none",
  banner: { js: "/*! Sockeye (MIT) */" },
};

/** Names that end in an underscore are the client's own: no page can depend on them. */
const minified = { minify: true, mangleProps: /[^_]_$/ };

const script = (name) => ({ entryPoints: [`src/bundle/${name}.ts`], format: "iife" });
const module = (entry) => ({ entryPoints: [`src/${entry}.ts`], format: "esm" });

const bundles = {
  "socket.io": {
    "socket.io.js": script("global"),
    "socket.io.min.js": { ...script("global"), ...minified },
    "socket.io.esm.min.js": { ...module("index"), ...minified },
    "socket.io.msgpack.min.js": { ...script("msgpack"), ...minified },
  },
  "engine.io": {
    "engine.io.js": script("engine"),
    "engine.io.min.js": { ...script("engine"), ...minified },
    "engine.io.esm.min.js": { ...module("engine/index"), ...minified },
  },
};

/** Writes the bundles of "socket.io" or "engine.io", with source maps, into a folder. */
export async function bundle(kind = "socket.io", folder = "dist") {
  for (const [name, options] of Object.entries(bundles[kind])) {
    await build({ ...common, ...options, outfile: `${folder}/${name}` });
  }
  // Of the module only: scripts have no types to import.
  const types = ['export * from "./index.js";', 'export { default } from "./index.js";'];
  const lines = kind === "socket.io" ? types : types.slice(0, 1);
  await writeFile(resolve(root, folder, `${kind}.esm.min.d.ts`), `${lines.join("\n")}\n`);
}

/** Bundles code in memory, as a bundler with the same settings would. */
export async function bundleText(code) {
  const stdin = { contents: code, resolveDir: `${root}/src`, loader: "ts" };
  const { outputFiles } = await build({
    ...common,
    ...minified,
    stdin,
    format: "esm",
    write: false,
    sourcemap: false,
    banner: {},
  });
  return outputFiles[0].text;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await bundle();
