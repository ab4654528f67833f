/** Our servers over our buses. */
import { cluster, workers } from "@sockeye/cluster";
import { jetStream, nats } from "@sockeye/nats";
import { postgres, postgresLog } from "@sockeye/postgres";
import { redis, redisStreams } from "@sockeye/redis";
import { Server } from "@sockeye/server";
import { connect, headers } from "nats";
import { createClient } from "redis";
import { versionOf } from "../versions.mjs";
import { poolOf } from "./pool.mjs";

/** @type {Record<string, (url: string) => Promise<Parameters<typeof cluster>[0]>>} */
const buses = {
  workers: async () => workers(),
  redis: async (url) => redis(await createClient({ url }).connect()),
  sharded: async (url) => redis(await createClient({ url }).connect(), { sharded: true }),
  streams: async (url) => redisStreams(await createClient({ url }).connect()),
  nats: async (servers) => nats(await connect({ servers })),
  jetstream: async (servers) => jetStream(await connect({ servers }), { headers }),
  postgres: async (url) => postgres(poolOf(url)),
  postgreslog: async (url) => postgresLog(poolOf(url)),
};

/** @type {import("./node.mjs").Make} */
export const make = {
  library: `@sockeye/cluster ${versionOf("@sockeye/cluster")}`,
  createServer: (http, options) => new Server(http, options),
  adapters: Object.fromEntries(
    Object.entries(buses).map(([name, open]) => [name, async (url) => cluster(await open(url))]),
  ),
};
