/** Builds the files that pages load, under the names that people expect, into dist/. */
import { writeFile } from "node:fs/promises";
import { basename, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { minify } from "terser";

const root = fileURLToPath(new URL("..", import.meta.url));

const BANNER = "/*! Sockeye (MIT) */\n";

const common = {
  absWorkingDir: root,
  bundle: true,
  target: "es2022",
  platform: "browser",
  conditions: ["source"],
  charset: "utf8",
  legalComments: "none",
};

/**
 * One bundle, minified, and its source map. Names that end in an underscore are the client's own: no page can depend on
 * them. What esbuild leaves, a second minifier makes a little smaller still.
 */
async function minified(options, name) {
  const { outputFiles } = await build({
    ...common,
    ...options,
    minify: true,
    mangleProps: /[^_]_$/,
    sourcemap: "external",
    outfile: name,
    write: false,
  });
  const [inputMap, code] = outputFiles.map(({ text }) => text);
  return minify(code, {
    module: options.format === "esm",
    ecma: 2020,
    toplevel: true,
    sourceMap: { content: inputMap, asObject: true },
  });
}

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
    ".min": script(name),
    ".esm.min": module(entry),
    ...(msgpack && { ".msgpack.min": script(msgpack) }),
  };
  const plain = { sourcemap: true, banner: { js: BANNER.trim() }, outfile: `${folder}/${kind}.js` };
  await build({ ...common, ...script(name), ...plain });
  for (const [suffix, options] of Object.entries(bundles)) {
    const file = resolve(root, folder, `${kind}${suffix}.js`);
    const { code, map } = await minified(options, file);
    await writeFile(file, `${BANNER}${code}\n//# sourceMappingURL=${basename(file)}.map\n`);
    // The banner is a line of its own.
    await writeFile(`${file}.map`, JSON.stringify({ ...map, mappings: `;${map.mappings}` }));
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
  return (await minified({ stdin, format: "esm" }, "bundle.js")).code;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  for (const kind of ["sockeye", "socket.io"]) await bundle(kind);
}
