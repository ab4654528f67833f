/** Builds the page with Vite from our packages' sources, only when one of its files is newer than the last build. */
import { existsSync, readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import react from "@vitejs/plugin-react";
import { build, defaultClientConditions } from "vite";

const root = fileURLToPath(new URL("../../..", import.meta.url));
const app = join(root, "apps/playground");
const outDir = join(app, "dist/page");
const sources = [
  ...["page", "scripts", "src", "package.json"].map((name) => join(app, name)),
  ...["protocol", "core", "client", "react", "devtools"].map((name) => join(root, "packages", name, "src")),
  join(root, "package-lock.json"),
];

function newest(path) {
  const { mtimeMs } = statSync(path);
  if (!statSync(path).isDirectory()) return mtimeMs;
  return Math.max(mtimeMs, ...readdirSync(path).map((name) => newest(join(path, name))));
}

export async function bundle() {
  const made = join(outDir, "index.html");
  if (existsSync(made) && statSync(made).mtimeMs > Math.max(...sources.map(newest))) return;
  // Also when a test run builds it: Vite and React's plugin go by the environment.
  const { NODE_ENV } = process.env;
  process.env.NODE_ENV = "production";
  await build({
    root: join(app, "page"),
    configFile: false,
    logLevel: "warn",
    mode: "production",
    plugins: [react()],
    resolve: { conditions: ["source", ...defaultClientConditions], dedupe: ["react", "react-dom"] },
    build: { outDir, emptyOutDir: true, target: "es2022", modulePreload: { polyfill: false } },
  });
  if (NODE_ENV === undefined) delete process.env.NODE_ENV;
  else process.env.NODE_ENV = NODE_ENV;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await bundle();
