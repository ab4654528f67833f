/** A real Redis Cluster for a test: three masters on free loopback ports. */
import { execFile } from "node:child_process";
import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { freePort } from "@sockeye/cluster/testing";
import { RedisProcess } from "./redis-server.ts";

const MASTERS = 3;

export class RedisCluster {
  readonly masters: readonly RedisProcess[];
  readonly #folder: string;

  private constructor(masters: readonly RedisProcess[], folder: string) {
    this.masters = masters;
    this.#folder = folder;
  }

  /** Starts one; resolves when every slot is served. */
  static async start(): Promise<RedisCluster> {
    const folder = await mkdtemp(join(tmpdir(), "sockeye-redis-cluster-"));
    const masters: RedisProcess[] = [];
    for (let n = 0; n < MASTERS; n++) {
      const directory = join(folder, String(n));
      await mkdir(directory);
      const options = ["--cluster-enabled", "yes", "--cluster-node-timeout", "1000"];
      options.push("--cluster-port", String(await freePort()));
      masters.push(new RedisProcess(await freePort(), directory, options));
    }
    const cluster = new RedisCluster(masters, folder);
    await Promise.all(masters.map((master) => master.start()));
    const addresses = masters.map(({ port }) => `127.0.0.1:${port}`);
    await promisify(execFile)("redis-cli", ["--cluster", "create", ...addresses, "--cluster-yes"]);
    await cluster.whole();
    return cluster;
  }

  get ports(): number[] {
    return this.masters.map(({ port }) => port);
  }

  /** Asks one master. */
  async ask(master: number, ...command: string[]): Promise<string> {
    const { stdout } = await promisify(execFile)("redis-cli", [
      "-p",
      String(this.masters[master]?.port),
      ...command,
    ]);
    return stdout.trim();
  }

  /**
   * Finds out how a slot without keys is given to the next master. What it returns does that, in a moment, and resolves
   * when all of them know.
   */
  async moverOf(slot: number): Promise<() => Promise<void>> {
    const ids = await Promise.all(this.masters.map((_, n) => this.ask(n, "cluster", "myid")));
    const owner = ids.indexOf(await this.#ownerOf(slot));
    const next = (owner + 1) % MASTERS;
    return async () => {
      // First the owner, who would tell the next one that the slot is its own.
      for (const n of [owner, next, (owner + 2) % MASTERS]) {
        await this.ask(n, "cluster", "setslot", String(slot), "node", ids[next] as string);
      }
    };
  }

  /** The id of the master that has a slot, by its own word. */
  async #ownerOf(slot: number): Promise<string> {
    const shards = await Promise.all(this.masters.map((_, n) => this.ask(n, "cluster", "nodes")));
    for (const line of shards
      .join("\n")
      .split("\n")
      .filter((each) => each.includes("myself"))) {
      const [id = "", , , , , , , , ...ranges] = line.split(" ");
      const has = ranges.some((range) => {
        const [from, to = from] = range.split("-").map(Number);
        return slot >= (from as number) && slot <= (to as number);
      });
      if (has) return id;
    }
    throw new Error(`redis cluster: nobody has slot ${slot}`);
  }

  /** Resolves when all masters say that every slot is served. */
  async whole(): Promise<void> {
    for (let n = 0; n < MASTERS; n++) {
      while (!(await this.ask(n, "cluster", "info")).includes("cluster_state:ok")) {
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
    }
  }

  async stop(): Promise<void> {
    await Promise.all(this.masters.map((master) => master.stop()));
    await rm(this.#folder, { recursive: true, force: true });
  }
}
