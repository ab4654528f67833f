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

/** What programs may use beside the package that they are about. */
const GUESTS = ["@types/node", "socket.io", "socket.io-client", "engine.io", "engine.io-client"];

const compilerOptions = {
  module: "nodenext",
  target: "es2023",
  lib: ["es2023", "dom"],
  types: ["node"],
  strict: true,
  skipLibCheck: false,
};

/** Builds a workspace, so that a link to it has something to offer. */
export async function build(folder: string): Promise<void> {
  await run(process.execPath, [tsc, "-b", folder], { cwd: root });
}

/**
 * Runs a program with the package `name` linked to a folder of this repository, and returns what it prints.
 * @param file the program's file name; one in TypeScript is compiled first, strictly
 */
export async function runWith(name: string, target: string, file: string, program: string): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), "sockeye-swap-"));
  try {
    link(folder, {
      ...Object.fromEntries(GUESTS.map((guest) => [guest, `node_modules/${guest}`])),
      [name]: target,
    });
    writeFileSync(join(folder, file), program);
    writeFileSync(join(folder, "tsconfig.json"), JSON.stringify({ compilerOptions, files: [file] }));
    if (file.endsWith("ts")) await compile(folder);
    return (await run(process.execPath, [file.replace(/ts$/, "js")], { cwd: folder })).stdout;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function link(folder: string, links: Record<string, string>): void {
  mkdirSync(join(folder, "node_modules", "@types"), { recursive: true });
  for (const [name, to] of Object.entries(links))
    symlinkSync(join(root, to), join(folder, "node_modules", name));
}

async function compile(folder: string): Promise<void> {
  await run(process.execPath, [tsc, "-p", folder]).catch((error: { stdout: string }) => {
    throw new Error(error.stdout);
  });
}
