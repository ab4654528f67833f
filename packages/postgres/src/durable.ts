/** PostgreSQL as a bus with a memory. */
import { type DurableBus, type LogLimits, resolveLimits, wrongOption } from "@sockeye/cluster";
import type { PostgresBus } from "./bus.ts";
import { isPool, type PostgresLike, type PostgresOptions, postgres } from "./client.ts";
import { checkPrefix, Database, type Run } from "./database.ts";
import { PostgresLog } from "./log.ts";
import { PostgresStore } from "./store.ts";

/** How PostgreSQL is used as a log, and how far that reaches back. */
export interface PostgresLogOptions extends PostgresOptions, LogLimits {
  /** Begins the names of the tables, which are made when they are missing; a-z, 0-9 and `_`; "sockeye". */
  prefix?: string;
}

/** A bus, a log and a store over one PostgreSQL. */
export interface PostgresDurableBus extends DurableBus {
  readonly bus: PostgresBus;
}

/**
 * A bus with a memory, in tables: what recovery on any server needs. It wants a pool of at least two
 * connections, one of which it keeps; close its `bus` before you end the pool. Throws a TypeError for what is no client, and a RangeError for options that
 * cannot work.
 */
export function postgresLog(client: PostgresLike, options: PostgresLogOptions = {}): PostgresDurableBus {
  const { prefix = "sockeye" } = options;
  const limits = resolveLimits(options);
  checkPrefix(prefix);
  const max = isPool(client) ? (client.options?.max ?? 2) : 2;
  if (max < 2) throw wrongOption("max", "a pool of at least 2 connections, as the bus keeps one", max);
  const bus = postgres(client, options);
  const database = new Database(bus, runner(client), prefix);
  return { bus, log: new PostgresLog(bus, database, limits), store: new PostgresStore(database) };
}

function runner(client: PostgresLike): Run {
  if (isPool(client)) {
    return async (text, values) =>
      (await (values.length > 0 ? client.query(text, values) : client.query(text))).rows;
  }
  return async (text, values) => await client.unsafe(text, values);
}
