/** socket.io from npm over its own adapters, as their documentation connects them. */
import { createAdapter as overWorkers } from "@socket.io/cluster-adapter";
import { createAdapter as overPostgres } from "@socket.io/postgres-adapter";
import { createShardedAdapter, createAdapter as overRedis } from "@socket.io/redis-adapter";
import { createAdapter as overStreams } from "@socket.io/redis-streams-adapter";
import { createClient } from "redis";
import { Server } from "socket.io";
import { versionOf } from "../versions.mjs";
import { poolOf } from "./pool.mjs";

const open = (/** @type {string} */ url) => createClient({ url }).connect();

const attachments = `CREATE TABLE IF NOT EXISTS socket_io_attachments (
  id bigserial UNIQUE, created_at timestamptz DEFAULT NOW(), payload bytea
)`;

const adapters = ["redis-adapter", "redis-streams-adapter", "postgres-adapter", "cluster-adapter"];

/** @type {import("./node.mjs").Make} */
export const make = {
  library: [
    `socket.io ${versionOf("socket.io")}`,
    ...adapters.map((name) => `${name} ${versionOf(`@socket.io/${name}`)}`),
  ].join(", "),
  createServer: (http, options) => new Server(http, options),
  adapters: {
    workers: async () => overWorkers(),
    redis: async (url) => overRedis(await open(url), await open(url)),
    sharded: async (url) => createShardedAdapter(await open(url), await open(url)),
    streams: async (url) => overStreams(await open(url)),
    postgres: async (url) => {
      const pool = poolOf(url);
      // All servers do so at once, which PostgreSQL lets one of them do.
      await pool.query(attachments).catch(() => {});
      return overPostgres(pool);
    },
  },
};
