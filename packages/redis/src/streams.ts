/** Redis Streams as a log: what is published is also there later, found by room. */
import {
  type DurableBus,
  type Log,
  type LogBatch,
  type LogEntry,
  type LogLimits,
  type LogPage,
  resolveLimits,
  type Store,
  type Undo,
  wrongOption,
} from "@sockeye/cluster";
import { connectorOf, type RedisLike } from "./client.ts";
import type { Connection, ConnectionHandler } from "./connection.ts";
import { RedisBus } from "./pubsub.ts";
import { ADD, APPEND, type Call, HEAD, HOLD, READ, RELEASE, SEIZE } from "./scripts.ts";

/** How Redis keeps what clients may miss: how far the log reaches back, and where it is. */
export interface RedisStreamsOptions extends LogLimits {
  /** Begins the name of every key and channel of the log, in braces: all of it is on one shard; "sockeye". */
  keyPrefix?: string;
  /** Sharded pub/sub for live delivery (Redis 7); not by default. All servers of a cluster must agree. */
  sharded?: boolean;
}

/** A batch is known for so long at least, in milliseconds, should it be given again. */
const REMEMBER_SENDER = 600_000;

const POSITION_BYTES = 8;

const KEY_PREFIX = /^[\w-]{1,64}$/;

/**
 * A bus with a memory over Redis 6.2 or later: `cluster(redisStreams(client))`. The client is duplicated, twice;
 * close what this returns to end these connections. Throws a TypeError for what is no Redis client, a RangeError
 * for options that cannot work.
 */
export function redisStreams(client: RedisLike, options: RedisStreamsOptions = {}): RedisStreams {
  const { keyPrefix = "sockeye", sharded = false } = options;
  if (!KEY_PREFIX.test(keyPrefix)) {
    throw wrongOption("keyPrefix", '1 to 64 letters, digits, "-" or "_"', keyPrefix);
  }
  const settings = { ...resolveLimits(options), keyPrefix, sharded };
  return new RedisStreams(connectorOf(client, sharded), settings);
}

type Settings = Required<RedisStreamsOptions>;

/** The bus, the log and the store of one process, over two connections. */
export class RedisStreams implements DurableBus {
  readonly bus: RedisBus;
  readonly log: Log;
  readonly store: Store;

  constructor(connect: (handler: ConnectionHandler) => Connection, settings: Settings) {
    let connection: Connection | undefined;
    this.bus = new RedisBus((handler) => {
      connection = connect(handler);
      return connection;
    });
    const call: Call = async (args) => {
      if (this.bus.state === "down" || !connection) throw new Error("redis streams: not connected");
      return connection.call(args);
    };
    this.log = new RedisLog(this.bus, call, settings);
    this.store = new RedisStore(call, settings.keyPrefix);
  }

  /** Ends both connections, after the servers that use them have been closed. */
  close(): Promise<void> {
    return this.bus.close();
  }
}

class RedisLog implements Log {
  readonly #bus: RedisBus;
  readonly #call: Call;
  readonly #settings: Settings;
  readonly #prefix: string;

  constructor(bus: RedisBus, call: Call, settings: Settings) {
    this.#bus = bus;
    this.#call = call;
    this.#settings = settings;
    this.#prefix = `{${settings.keyPrefix}}:`;
  }

  async append({ sender, number, entries }: LogBatch): Promise<void> {
    const { maxAge, maxEntries, maxBytes, sharded } = this.#settings;
    const remember = Math.max(maxAge, REMEMBER_SENDER);
    const args: Array<string | Buffer> = [this.#prefix];
    args.push(...[number, remember, maxAge, maxEntries, maxBytes].map(String));
    args.push(sharded ? "SPUBLISH" : "PUBLISH");
    for (const { streams, message } of entries) {
      args.push(Buffer.from(message.buffer, message.byteOffset, message.byteLength));
      args.push(String(streams.length), ...streams);
    }
    await APPEND.run(this.#call, [...this.#keys("log", "index", "messages", `from:${sender}`)], args);
  }

  subscribe(stream: string, listener: (entry: LogEntry) => void): Promise<Undo> {
    return this.#bus.subscribe(`${this.#prefix}c:${stream}`, (bytes) => {
      const entry = liveEntry(bytes);
      if (entry) listener(entry);
    });
  }

  async read(streams: readonly string[], after: number): Promise<LogPage> {
    const args = [this.#prefix, String(after), ...streams];
    const answer = await READ.run(this.#call, this.#keys("log", "messages"), args);
    const [head, complete, ...found] = answer as [Buffer, number, ...Buffer[]];
    const entries: LogEntry[] = [];
    for (let index = 0; index < found.length; index += 2) {
      entries.push({ position: Number(found[index]), message: found[index + 1] as Buffer });
    }
    return { entries, complete: Number(complete) === 1, head: Number(head) };
  }

  async head(): Promise<number> {
    return Number(await HEAD.run(this.#call, this.#keys("log"), []));
  }

  #keys(...names: string[]): string[] {
    return names.map((name) => this.#prefix + name);
  }
}

class RedisStore implements Store {
  readonly #call: Call;
  readonly #prefix: string;

  constructor(call: Call, keyPrefix: string) {
    this.#call = call;
    this.#prefix = `{${keyPrefix}}:r:`;
  }

  async hold(key: string, owner: string, value: Uint8Array, ttl: number): Promise<boolean> {
    const held = await HOLD.run(this.#call, [this.#prefix + key], [owner, bufferOf(value), millis(ttl)]);
    return Number(held) === 1;
  }

  async seize(key: string, owner: string): Promise<Uint8Array | undefined> {
    return found(await SEIZE.run(this.#call, [this.#prefix + key], [owner]));
  }

  async release(key: string, owner: string): Promise<void> {
    await RELEASE.run(this.#call, [this.#prefix + key], [owner]);
  }

  async add(key: string, value: Uint8Array, ttl: number): Promise<Uint8Array | undefined> {
    return found(await ADD.run(this.#call, [this.#prefix + key], [bufferOf(value), millis(ttl)]));
  }
}

/** An entry as it is published; `undefined` for what nobody of ours has published. */
function liveEntry(bytes: Uint8Array): LogEntry | undefined {
  if (bytes.byteLength < POSITION_BYTES) return undefined;
  const position = bufferOf(bytes).readDoubleLE(0);
  return Number.isSafeInteger(position) ? { position, message: bytes.subarray(POSITION_BYTES) } : undefined;
}

function bufferOf(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

function millis(ttl: number): string {
  return String(Math.max(1, Math.ceil(ttl)));
}

function found(value: unknown): Buffer | undefined {
  return Buffer.isBuffer(value) ? value : undefined;
}
