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
  charset: "utf8",
  sourcemap: true,
  legalComments: "none",
  banner: { js: "/*! Sockeye (MIT) */" },
};

/** Names that end in an underscore are the client's own: no page can depend on them. */
const minified = { minify: true, mangleProps: /[^_]_$/ };

/** A script that defines `io`, also for module loaders of old. */
const script = {
  format: "iife",
  globalName: "io",
  footer: { js: "if(typeof module==='object')module.exports=io" },
};

export const bundles = {
  "socket.io.js": { entryPoints: ["src/bundle/global.ts"], ...script },
  "socket.io.min.js": { entryPoints: ["src/bundle/global.ts"], ...script, ...minified },
  "socket.io.esm.min.js": { entryPoints: ["src/index.ts"], format: "esm", ...minified },
  "socket.io.msgpack.min.js": { entryPoints: ["src/bundle/msgpack.ts"], ...script, ...minified },
  "socket.io.msgpack.esm.min.js": { entryPoints: ["src/bundle/msgpack-esm.ts"], format: "esm", ...minified },
};

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
  for (const [name, options] of Object.entries(bundles)) {
    await build({ ...common, ...options, outfile: `dist/${name}` });
  }
}
