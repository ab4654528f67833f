/** The engines that clusters run on: each a process of its own, on a free loopback port. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { NatsProcess } from "@sockeye/nats/testing";
import { PostgresProcess } from "@sockeye/postgres/testing";
import { RedisProcess } from "@sockeye/redis/testing";
import { cpuOf } from "./process-cpu.mjs";

/** @typedef {{ url: string, cpu: () => number, stop: () => Promise<void> }} Engine */

const nothing = { url: "", cpu: () => Number.NaN, stop: async () => {} };

/** @type {Record<string, () => Promise<Engine>>} */
const starts = {
  workers: async () => nothing,
  redis: () => running(RedisProcess.start()),
  sharded: () => running(RedisProcess.start()),
  streams: () => running(RedisProcess.start()),
  nats: () => running(NatsProcess.start()),
  jetstream: async () => {
    const folder = mkdtempSync(join(tmpdir(), "sockeye-bench-"));
    const engine = await running(NatsProcess.start(folder));
    const stop = async () => {
      await engine.stop();
      rmSync(folder, { recursive: true });
    };
    return { ...engine, stop };
  },
  postgres: () => running(PostgresProcess.start()),
  postgreslog: () => running(PostgresProcess.start()),
};

/** @type {Set<number>} processes that must not outlive this one */
const alive = new Set();
process.on("exit", () => {
  for (const pid of alive) {
    try {
      process.kill(pid, "SIGKILL");
    } catch {
      // It has ended by itself, by the same Ctrl-C.
    }
  }
});

/**
 * @param {string} bus
 * @returns {Promise<Engine>}
 */
export function startEngine(bus) {
  const start = starts[bus];
  if (!start) throw new Error(`No engine for the bus "${bus}"`);
  return start();
}

/**
 * @param {Promise<{ url: string, pid: number | undefined, stop(): Promise<void>, remove?(): Promise<void> }>} starting
 * @returns {Promise<Engine>}
 */
async function running(starting) {
  const engine = await starting;
  const { url, pid = 0 } = engine;
  alive.add(pid);
  return {
    url,
    cpu: () => cpuOf(pid),
    stop: async () => {
      alive.delete(pid);
      await (engine.remove?.() ?? engine.stop());
    },
  };
}
