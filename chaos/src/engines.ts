/** The engines that a cluster can run on: how each is started, and how a server process opens its buses. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Bus, DurableBus } from "@sockeye/cluster";
import { jetStream, nats } from "@sockeye/nats";
import { NatsProcess, natsInstalled } from "@sockeye/nats/testing";
import { postgres, postgresLog } from "@sockeye/postgres";
import { PostgresProcess, postgresInstalled } from "@sockeye/postgres/testing";
import { redis, redisStreams } from "@sockeye/redis";
import { RedisProcess, redisInstalled } from "@sockeye/redis/testing";
import { Redis } from "ioredis";
import { connect as connectNats, headers, type NatsConnection } from "nats";
import { Pool } from "pg";

/** One process's connections to an engine. */
export interface Buses {
  readonly plain: Bus;
  /** Where the engine has a log: what sessions are recovered by. */
  readonly logged?: DurableBus;
  close(): Promise<void>;
}

/** An engine that runs, and can be made to fail. */
export interface EngineProcess {
  readonly url: string;
  start(): Promise<void>;
  /** Ends it as a crash would. */
  stop(): Promise<void>;
  /** Ends it for good, with what it stored. */
  remove(): Promise<void>;
}

interface Engine {
  installed(): boolean;
  launch(): Promise<EngineProcess>;
  /** Connects to the engine at a URL. */
  open(url: string): Promise<Buses>;
}

export type EngineName = "redis" | "nats" | "postgres";

export const engines: Record<EngineName, Engine> = {
  redis: { installed: redisInstalled, launch: launchRedis, open: openRedis },
  nats: { installed: natsInstalled, launch: launchNats, open: openNats },
  postgres: { installed: postgresInstalled, launch: () => PostgresProcess.start(), open: openPostgres },
};

/** Redis writes down what it has answered: a crash of the process loses nothing of it. */
function launchRedis(): Promise<EngineProcess> {
  return launchIn((folder) => RedisProcess.start(folder));
}

/** Starts an engine that keeps its data in a folder of its own. */
async function launchIn(
  start: (folder: string) => Promise<Omit<EngineProcess, "remove">>,
): Promise<EngineProcess> {
  const folder = await mkdtemp(join(tmpdir(), "sockeye-chaos-"));
  const server = await start(folder);
  return Object.assign(server, {
    remove: async () => {
      await server.stop();
      await rm(folder, { recursive: true });
    },
  });
}

async function openRedis(url: string): Promise<Buses> {
  // It is duplicated, and left alone.
  const client = new Redis(url, { lazyConnect: true });
  const [plain, logged] = [redis(client), redisStreams(client)];
  return {
    plain,
    logged,
    close: async () => {
      await Promise.all([plain.close(), logged.close()]);
    },
  };
}

function launchNats(): Promise<EngineProcess> {
  return launchIn((folder) => NatsProcess.start(folder));
}

async function openNats(url: string): Promise<Buses> {
  const connect = (): Promise<NatsConnection> =>
    connectNats({ servers: url, maxReconnectAttempts: -1, reconnectTimeWait: 250 });
  const connections = [await connect(), await connect()] as const;
  return {
    plain: nats(connections[0]),
    logged: jetStream(connections[1], { headers }),
    close: async () => {
      await Promise.all(connections.map((connection) => connection.close()));
    },
  };
}

async function openPostgres(url: string): Promise<Buses> {
  const pool = new Pool({ connectionString: url, max: 8 });
  // Told as the state of the bus.
  pool.on("error", () => {});
  const quiet = { onError: () => {} };
  const [plain, logged] = [postgres(pool, quiet), postgresLog(pool, quiet)];
  return {
    plain,
    logged,
    close: async () => {
      await Promise.all([plain.close(), logged.bus.close()]);
      await pool.end();
    },
  };
}
