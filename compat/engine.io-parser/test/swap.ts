/** An application's folder in which a package of node_modules is a link, to the official one or to our face. */
import { execFile } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

const run = promisify(execFile);
const root = join(dirname(fileURLToPath(import.meta.url)), "..", "..", "..");
const tsc = join(root, "node_modules", "typescript", "bin", "tsc");

const TSCONFIG = {
  compilerOptions: {
    module: "nodenext",
    target: "es2023",
    lib: ["es2023", "dom"],
    types: [],
    strict: true,
    skipLibCheck: false,
  },
  files: ["main.mts", "main.cts"],
};

/** Builds a workspace, so that a link to it has something to offer. */
export async function buildWorkspace(folder: string): Promise<void> {
  await run(process.execPath, [tsc, "-b", folder], { cwd: root });
}

/**
 * Runs programs (by file name; those in TypeScript are compiled, strictly, first) with `name` linked to `target`, and
 * returns what they print.
 */
export async function runWith(
  name: string,
  target: string,
  programs: Record<string, string>,
): Promise<string[]> {
  const folder = mkdtempSync(join(tmpdir(), "sockeye-swap-"));
  try {
    mkdirSync(join(folder, "node_modules"));
    symlinkSync(join(root, target), join(folder, "node_modules", name));
    writeFileSync(join(folder, "tsconfig.json"), JSON.stringify(TSCONFIG));
    for (const [file, text] of Object.entries(programs)) writeFileSync(join(folder, file), text);
    if (programs["main.mts"]) await compile(folder);
    const files = Object.keys(programs).map((file) => file.replace("ts", "js"));
    return await Promise.all(
      files.map(async (file) => (await run(process.execPath, [file], { cwd: folder })).stdout),
    );
  } finally {
    rmSync(folder, { recursive: true });
  }
}

async function compile(folder: string): Promise<void> {
  await run(process.execPath, [tsc, "-p", folder]).catch((error: { stdout: string }) => {
    throw new Error(error.stdout);
  });
}
