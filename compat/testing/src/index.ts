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

const COMPILED = "compiled";

const compilerOptions = {
  outDir: COMPILED,
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

/** As {@link runAll}, for one program. */
export async function runWith(name: string, target: string, file: string, program: string): Promise<string> {
  const [output] = await runAll(name, target, { [file]: program });
  return output as string;
}

/**
 * Runs programs with the package `name` linked to a folder of this repository, and returns what they print.
 * @param programs by file name; those in TypeScript are compiled first, strictly and together, which costs as much as one
 */
export async function runAll(
  name: string,
  target: string,
  programs: Record<string, string>,
): Promise<string[]> {
  const folder = mkdtempSync(join(tmpdir(), "sockeye-swap-"));
  try {
    link(folder, {
      ...Object.fromEntries(GUESTS.map((guest) => [guest, `node_modules/${guest}`])),
      [name]: target,
    });
    for (const [file, program] of Object.entries(programs)) writeFileSync(join(folder, file), program);
    const files = Object.keys(programs);
    const typed = files.filter((file) => file.endsWith("ts"));
    if (typed.length > 0) await compile(folder, typed);
    const outputs = files.map(async (file) => {
      const script = typed.includes(file) ? join(COMPILED, file.replace(/ts$/, "js")) : file;
      return (await run(process.execPath, [script], { cwd: folder })).stdout;
    });
    return await Promise.all(outputs);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function link(folder: string, links: Record<string, string>): void {
  mkdirSync(join(folder, "node_modules", "@types"), { recursive: true });
  for (const [name, to] of Object.entries(links))
    symlinkSync(join(root, to), join(folder, "node_modules", name));
}

async function compile(folder: string, files: string[]): Promise<void> {
  writeFileSync(join(folder, "tsconfig.json"), JSON.stringify({ compilerOptions, files }));
  await run(process.execPath, [tsc, "-p", folder]).catch((error: { stdout: string }) => {
    throw new Error(error.stdout);
  });
}
