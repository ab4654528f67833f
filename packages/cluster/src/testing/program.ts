/** A program of another house that a test needs, such as a database: it ends with the test, whatever becomes of that. */
import { type ChildProcess, type SpawnOptions, spawn } from "node:child_process";
import { once } from "node:events";
import type { Socket } from "node:net";
import { basename } from "node:path";

/** How a program is run. */
export interface ProgramOptions extends Pick<SpawnOptions, "cwd" | "uid" | "gid"> {
  /** What it writes when it is ready. */
  ready: string;
  /** What ends it, and what it has started itself; SIGKILL. */
  signal?: NodeJS.Signals;
}

export class Program {
  readonly #child: ChildProcess;
  readonly #signal: NodeJS.Signals;

  private constructor(child: ChildProcess, signal: NodeJS.Signals) {
    this.#child = child;
    this.#signal = signal;
  }

  /** Resolves when it is ready; rejects, with what it wrote, when it ends before. */
  static async start(
    command: string,
    args: readonly string[],
    { ready, signal = "SIGKILL", ...options }: ProgramOptions,
  ): Promise<Program> {
    const child = spawn(command, args, { ...options, stdio: ["ignore", "pipe", "pipe"] });
    let written = "";
    await new Promise<void>((resolve, reject) => {
      const take = (chunk: Buffer): void => {
        written += chunk;
        if (written.includes(ready)) resolve();
      };
      for (const output of [child.stdout, child.stderr]) output?.on("data", take);
      child.once("error", reject);
      child.once("close", (code) =>
        reject(new Error(`${basename(command)}: expected it to start, got exit code ${code}: ${written}`)),
      );
      child.once("spawn", () => endWithUs(child, signal));
    });
    // What it writes from now on is read, so that it can go on, and forgotten.
    for (const output of [child.stdout, child.stderr]) output?.removeAllListeners("data").resume();
    return new Program(child, signal);
  }

  get pid(): number {
    return this.#child.pid as number;
  }

  /** Ends it. */
  async stop(): Promise<void> {
    const { exitCode, signalCode } = this.#child;
    if (exitCode !== null || signalCode !== null) return;
    const exit = once(this.#child, "exit");
    this.#child.kill(this.#signal);
    await exit;
  }
}

/**
 * Ends a program, once it runs, with this process. A test that fails, or hangs, may end by a signal, and cannot clean up; a
 * shell that waits for the end of its input hears of it.
 */
export function endWithUs(program: ChildProcess, signal: NodeJS.Signals): void {
  const script = `read _; kill -${signal.slice("SIG".length)} ${program.pid}`;
  const shell = spawn("sh", ["-c", script], { stdio: ["pipe", "ignore", "ignore"] });
  shell.unref();
  (shell.stdin as Socket).unref();
  program.once("exit", () => shell.kill());
}
