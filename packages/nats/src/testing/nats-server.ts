/** A real NATS server for a test, on a free loopback port. */
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { freePort } from "@sockeye/cluster/testing";

/** Whether `nats-server` can be started here; if not, says once how to install it. */
export function natsInstalled(): boolean {
  const installed = spawnSync("nats-server", ["--version"]).status === 0;
  if (!installed)
    console.warn("SKIPPED: nats-server is missing; install it with: apt-get install nats-server");
  return installed;
}

/**
 * A nats-server process that can be stopped and started again on its port; with a directory it has JetStream, which
 * keeps there what it stores.
 */
export class NatsProcess {
  readonly port: number;
  readonly #directory: string | undefined;
  #child: ChildProcess | undefined;

  constructor(port: number, directory?: string) {
    this.port = port;
    this.#directory = directory;
  }

  /** Starts a new one; resolves when it accepts connections. */
  static async start(directory?: string): Promise<NatsProcess> {
    const nats = new NatsProcess(await freePort(), directory);
    await nats.start();
    return nats;
  }

  /** Of the process; `undefined` while it is stopped. */
  get pid(): number | undefined {
    return this.#child?.pid;
  }

  get url(): string {
    return `nats://127.0.0.1:${this.port}`;
  }

  async start(): Promise<void> {
    const args = ["--addr", "127.0.0.1", "--port", String(this.port)];
    if (this.#directory) args.push("--jetstream", "--store_dir", this.#directory);
    const child = spawn("nats-server", args, { stdio: ["ignore", "ignore", "pipe"] });
    this.#child = child;
    await new Promise<void>((resolve, reject) => {
      child.once("exit", (code) => reject(new Error(`nats-server: expected it to start, exit code ${code}`)));
      child.stderr?.on("data", (chunk: Buffer) => {
        if (chunk.includes("Server is ready")) resolve();
      });
    });
  }

  /** Ends it at once, as a crash would. */
  async stop(): Promise<void> {
    const child = this.#child;
    this.#child = undefined;
    if (!child) return;
    const exit = once(child, "exit");
    child.kill("SIGKILL");
    await exit;
  }
}
