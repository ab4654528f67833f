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

/** By what they are for: a script, plain and minified, and a module with the entry that it is made of. */
const kinds = {
  sockeye: { entry: "index", script: "global", msgpack: "msgpack" },
  "socket.io": { entry: "core", script: "core-global", msgpack: "core-msgpack" },
  "engine.io": { entry: "engine/index", script: "engine" },
};

/** Writes the bundles of "sockeye", "socket.io" or "engine.io", with source maps, into a folder. */
export async function bundle(kind, folder = "dist") {
  const { entry, script: name, msgpack } = kinds[kind];
  const bundles = {
    "": script(name),
    ".min": { ...script(name), ...minified },
    ".esm.min": { ...module(entry), ...minified },
    ...(msgpack && { ".msgpack.min": { ...script(msgpack), ...minified } }),
  };
  for (const [suffix, options] of Object.entries(bundles)) {
    await build({ ...common, ...options, outfile: `${folder}/${kind}${suffix}.js` });
  }
  // Of the module only: scripts have no types to import. Other packages are made of one entry.
  const types = folder === "dist" ? entry : "index";
  const lines = [`export * from "./${types}.js";`, `export { default } from "./${types}.js";`];
  const exported = kind === "engine.io" ? lines.slice(0, 1) : lines;
  await writeFile(resolve(root, folder, `${kind}.esm.min.d.ts`), `${exported.join("\n")}\n`);
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

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  for (const kind of ["sockeye", "socket.io"]) await bundle(kind);
}
