/** Builds the files that pages load, under the names that people expect, into dist/. */
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const root = fileURLToPath(new URL("..", import.meta.url));

const common = {
  absWorkingDir: root,
  bundle: true,
  target: "es2022",
  platform: "browser",
  conditions: ["source"],
  // The CommonJS variable is asked for, not relied on.
  logOverride: { "commonjs-variable-in-esm": "silent" },
  charset: "utf8",
  sourcemap: true,
  legalComments: "none",
  banner: { js: "/*! Sockeye (MIT) */" },
};

/** Names that end in an underscore are the client's own: no page can depend on them. */
const minified = { minify: true, mangleProps: /[^_]_$/ };

const bundles = {
  "socket.io.js": { entryPoints: ["src/bundle/global.ts"], format: "iife" },
  "socket.io.min.js": { entryPoints: ["src/bundle/global.ts"], format: "iife", ...minified },
  "socket.io.esm.min.js": { entryPoints: ["src/index.ts"], format: "esm", ...minified },
  "socket.io.msgpack.min.js": { entryPoints: ["src/bundle/msgpack.ts"], format: "iife", ...minified },
};

/** Writes all bundles, with source maps, into dist/. */
export async function bundle() {
  for (const [name, options] of Object.entries(bundles)) {
    await build({ ...common, ...options, outfile: `dist/${name}` });
  }
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
