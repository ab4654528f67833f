/** An application's folder in which a package is a link, to the official one or to our face. */
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

/** Runs a program with `name` linked to `target`; one in TypeScript is compiled first. What it prints. */
export async function runWith(name: string, target: string, file: string, program: string): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), "sockeye-client-"));
  try {
    mkdirSync(join(folder, "node_modules", "@types"), { recursive: true });
    const links = { [name]: target };
    for (const other of ["@types/node", "socket.io", "engine.io"]) links[other] = `node_modules/${other}`;
    for (const [link, to] of Object.entries(links))
      symlinkSync(join(root, to), join(folder, "node_modules", link));
    writeFileSync(join(folder, file), program);
    writeFileSync(join(folder, "tsconfig.json"), JSON.stringify({ compilerOptions, files: [file] }));
    if (/ts$/.test(file)) await compile(folder);
    return (await run(process.execPath, [file.replace("ts", "js")], { cwd: folder })).stdout;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

async function compile(folder: string): Promise<void> {
  await run(process.execPath, [tsc, "-p", folder]).catch((error: { stdout: string }) => {
    throw new Error(error.stdout);
  });
}
