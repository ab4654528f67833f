/** An application's folder in which `engine.io` is a link, to the official package or to our face. */
import { execFile } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

const run = promisify(execFile);
const root = join(dirname(fileURLToPath(import.meta.url)), "..", "..", "..");
const tsc = join(root, "node_modules", "typescript", "bin", "tsc");

const compilerOptions = {
  module: "nodenext",
  target: "es2023",
  lib: ["es2023", "dom"],
  types: ["node"],
  strict: true,
  skipLibCheck: false,
};

export async function build(folder: string): Promise<void> {
  await run(process.execPath, [tsc, "-b", folder], { cwd: root });
}

/** Runs a program with `engine.io` linked to `target`; one in TypeScript is compiled first. What it prints. */
export async function runWith(target: string, file: string, program: string): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), "sockeye-engine.io-"));
  try {
    mkdirSync(join(folder, "node_modules", "@types"), { recursive: true });
    const links = {
      "engine.io": target,
      "engine.io-client": "node_modules/engine.io-client",
      "@types/node": "node_modules/@types/node",
    };
    for (const [name, to] of Object.entries(links))
      symlinkSync(join(root, to), join(folder, "node_modules", name));
    writeFileSync(join(folder, file), program);
    writeFileSync(join(folder, "tsconfig.json"), JSON.stringify({ compilerOptions, files: [file] }));
    if (file.endsWith("ts")) await compile(folder);
    return (await run(process.execPath, [file.replace(/ts$/, "js")], { cwd: folder })).stdout;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

async function compile(folder: string): Promise<void> {
  await run(process.execPath, [tsc, "-p", folder]).catch((error: { stdout: string }) => {
    throw new Error(error.stdout);
  });
}
