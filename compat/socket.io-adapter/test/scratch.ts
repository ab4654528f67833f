/** A node_modules folder in which `socket.io-adapter` is ours, as for an application that swapped it. */
import { cpSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const home = join(dirname(fileURLToPath(import.meta.url)), "..");
const require = createRequire(import.meta.url);

/** Copies the packages beside our face and returns a `require` that finds them there. */
export async function withOurAdapter(packages: string[]): Promise<NodeJS.Require> {
  const scratch = join(home, ".cache", `scratch-${process.pid}`);
  rmSync(scratch, { recursive: true, force: true });
  const face = join(scratch, "node_modules", "socket.io-adapter");
  mkdirSync(face, { recursive: true });
  writeFileSync(join(face, "package.json"), JSON.stringify({ type: "module", exports: "./index.js" }));
  await build({
    entryPoints: [join(home, "src/index.ts")],
    outfile: join(face, "index.js"),
    bundle: true,
    format: "esm",
    platform: "node",
    conditions: ["source"],
  });
  for (const name of packages) {
    // The folder below node_modules: the main file is somewhere inside it.
    const [root] = require.resolve(name).split(join("node_modules", name)) as [string];
    cpSync(join(root, "node_modules", name), join(scratch, "node_modules", name), { recursive: true });
  }
  cpSync(new URL("./workers.cjs", import.meta.url), join(scratch, "workers.cjs"));
  return createRequire(join(scratch, "index.js"));
}

export function removeScratch(): void {
  rmSync(join(home, ".cache", `scratch-${process.pid}`), { recursive: true, force: true });
}
