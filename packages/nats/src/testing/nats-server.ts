/** A real NATS server for a test, on a free loopback port. */
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { freePort, Program } from "@sockeye/cluster/testing";

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
  readonly #options: readonly string[];
  #program: Program | undefined;

  /** @param options more words of its command line */
  constructor(port: number, directory?: string, options: readonly string[] = []) {
    this.port = port;
    this.#directory = directory;
    this.#options = options;
  }

  /** Starts a new one; resolves when it accepts connections. */
  static async start(directory?: string): Promise<NatsProcess> {
    const nats = new NatsProcess(await freePort(), directory);
    await nats.start();
    return nats;
  }

  /** Of the process; `undefined` while it is stopped. */
  get pid(): number | undefined {
    return this.#program?.pid;
  }

  get url(): string {
    return `nats://127.0.0.1:${this.port}`;
  }

  async start(): Promise<void> {
    const args = ["--addr", "127.0.0.1", "--port", String(this.port), ...this.#options];
    if (this.#directory) args.push("--jetstream", "--store_dir", this.#directory);
    this.#program = await Program.start("nats-server", args, { ready: "Server is ready" });
  }

  /** Ends it at once, as a crash would. */
  async stop(): Promise<void> {
    const program = this.#program;
    this.#program = undefined;
    await program?.stop();
  }
}

/**
 * Three servers that are one cluster with JetStream, named "1", "2" and "3", each with a folder of its own below this one.
 * Resolves when they accept connections; a while later they have found each other.
 */
export async function startNatsCluster(folder: string): Promise<NatsProcess[]> {
  const ports: number[] = [];
  for (let n = 0; n < 6; n++) ports.push(await freePort());
  const routes = ports.slice(3).map((port) => `nats://127.0.0.1:${port}`);
  const servers = routes.map((route, index) => {
    const name = String(index + 1);
    const options = ["--server_name", name, "--cluster_name", "test", "--cluster", route];
    options.push("--routes", routes.join(","));
    return new NatsProcess(ports[index] as number, join(folder, name), options);
  });
  await Promise.all(servers.map((server) => server.start()));
  return servers;
}
