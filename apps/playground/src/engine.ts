/** What the servers of the playground talk over: told by a URL, or without one a channel between threads. */
import { type Bus, type DurableBus, threads } from "@sockeye/cluster";

/** A bus, and how to end its connections. */
export interface Engine {
  bus: Bus | DurableBus;
  close(): Promise<unknown>;
}

/** Told why the engine cannot be reached, and nothing when it can. Both may be repeated. */
export type Watch = (trouble: string | undefined) => void;

interface Kind {
  name: string;
  open(url: string, watch: Watch): Promise<Engine>;
}

const redis: Kind = {
  name: "Redis Streams",
  async open(url, watch) {
    const [{ redisStreams }, { createClient }] = await Promise.all([
      import("@sockeye/redis"),
      import("redis"),
    ]);
    const client = createClient({ url });
    client.on("error", (error) => watch(reasonOf(error))).on("ready", () => watch(undefined));
    const bus = redisStreams(await client.connect());
    return { bus, close: () => bus.close().then(() => client.close()) };
  },
};

const nats: Kind = {
  name: "NATS",
  async open(url) {
    const [{ jetStream, nats: core }, { connect, headers }] = await Promise.all([
      import("@sockeye/nats"),
      import("nats"),
    ]);
    const connection = await connect({ servers: url, maxReconnectAttempts: -1 });
    // Without JetStream the servers are one all the same, and nothing is remembered.
    if (!connection.info?.jetstream) return { bus: core(connection), close: () => connection.close() };
    const bus = jetStream(connection, { headers });
    return { bus, close: () => bus.close().then(() => connection.close()) };
  },
};

const postgres: Kind = {
  name: "PostgreSQL",
  async open(url, watch) {
    const [{ postgresLog }, { default: pg }] = await Promise.all([import("@sockeye/postgres"), import("pg")]);
    const pool = new pg.Pool({ connectionString: url });
    pool.on("error", (error) => watch(reasonOf(error))).on("connect", () => watch(undefined));
    await pool.query("select 1");
    const durable = postgresLog(pool);
    return { bus: durable, close: () => durable.bus.close().then(() => pool.end()) };
  },
};

const kinds: Record<string, Kind> = {
  "redis:": redis,
  "rediss:": redis,
  "nats:": nats,
  "postgres:": postgres,
  "postgresql:": postgres,
};

/** Throws a RangeError for a URL that names no engine. */
function kindOf(url: string): Kind {
  const kind = URL.canParse(url) ? kinds[new URL(url).protocol] : undefined;
  if (kind) return kind;
  throw new RangeError(
    `engine: expected a URL beginning with ${Object.keys(kinds).join("//, ")}//, got "${url}"`,
  );
}

/** Where a name has several addresses, the error that tells of all of them has no message. */
function reasonOf({ message, code }: NodeJS.ErrnoException): string {
  return message || String(code);
}

/** What the engine at this URL is called. Throws a RangeError for a URL that names none. */
export function engineName(url: string | undefined): string {
  return url === undefined ? "their own channel" : kindOf(url).name;
}

/** Connects to the engine at this URL; rejects when it cannot be reached, or waits for it. */
export async function openEngine(url: string | undefined, watch: Watch): Promise<Engine> {
  return url === undefined ? { bus: threads(), close: async () => {} } : kindOf(url).open(url, watch);
}
