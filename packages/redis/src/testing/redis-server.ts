/** A real Redis for a test, on a free loopback port. */
import { spawnSync } from "node:child_process";
import { freePort, Program } from "@sockeye/cluster/testing";

/** Whether `redis-server` can be started here; if not, says once how to install it. */
export function redisInstalled(): boolean {
  const installed = spawnSync("redis-server", ["--version"]).status === 0;
  if (!installed)
    console.warn("SKIPPED: redis-server is missing; install it with: apt-get install redis-server");
  return installed;
}

/**
 * A redis-server process without persistence, that can be stopped and started again on its port; with a directory,
 * it hands every command to the operating system before it answers: a crash of the process loses nothing.
 */
export class RedisProcess {
  readonly port: number;
  readonly #directory: string | undefined;
  readonly #options: readonly string[];
  #program: Program | undefined;

  /** @param options more words of its command line */
  constructor(port: number, directory?: string, options: readonly string[] = []) {
    this.port = port;
    this.#directory = directory;
    this.#options = options;
  }

  /** Starts a new one; resolves when it accepts connections. */
  static async start(directory?: string): Promise<RedisProcess> {
    const redis = new RedisProcess(await freePort(), directory);
    await redis.start();
    return redis;
  }

  /** Of the process; `undefined` while it is stopped. */
  get pid(): number | undefined {
    return this.#program?.pid;
  }

  get url(): string {
    return `redis://127.0.0.1:${this.port}`;
  }

  async start(): Promise<void> {
    const args = ["--port", String(this.port), "--bind", "127.0.0.1", "--save", "", ...this.#options];
    const directory = this.#directory;
    args.push("--appendonly", directory ? "yes" : "no", "--appendfsync", "no");
    if (directory) args.push("--dir", directory);
    this.#program = await Program.start("redis-server", args, { ready: "Ready to accept connections" });
  }

  /** Ends it at once, as a crash would. */
  async stop(): Promise<void> {
    const program = this.#program;
    this.#program = undefined;
    await program?.stop();
  }
}
