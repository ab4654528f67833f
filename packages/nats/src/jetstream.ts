/** NATS JetStream as a bus with a memory. */
import {
  type DurableBus,
  hasMethods,
  type LogLimits,
  resolveLimits,
  wrongClient,
  wrongOption,
} from "@sockeye/cluster";
import { JetStream } from "./api.ts";
import { NatsBus } from "./bus.ts";
import { checkConnection, type JetStreamConnection, type NatsHeaders } from "./client.ts";
import { Conductor } from "./conductor.ts";
import { JetStreamLog, logConfig } from "./log.ts";
import { JetStreamStore, storeConfig } from "./store.ts";

/** How JetStream keeps what clients may miss, and how far that reaches back. */
export interface JetStreamOptions extends LogLimits {
  /** Makes headers: the function `headers` of the library that the connection is of. */
  headers: () => NatsHeaders;
  /** Begins the names of the two streams and of their subjects: letters, digits, `-` and `_`; "sockeye". */
  name?: string;
  /** Where JetStream keeps them: "file", or "memory", which a server that is started anew has lost; "file". */
  storage?: "file" | "memory";
  /** On how many servers of a NATS cluster: 1 to 5; 1. */
  replicas?: number;
  /** Told why JetStream cannot be used; it is tried again all the while. By default a warning of the process. */
  onError?: (error: unknown) => void;
}

/** A bus, a log and a store over one NATS connection. */
export interface JetStreamDurableBus extends DurableBus {
  readonly bus: NatsBus;
  /** Leaves to the others what this server does for all; after `io.close()`, before the connection is closed. */
  close(): Promise<void>;
}

/** JetStream takes no shorter age. */
const MIN_AGE = 100;

const NAME = /^[\w-]{1,64}$/;

const STORAGES: readonly string[] = ["file", "memory"];

/**
 * A bus with a memory over NATS 2.9 or later with JetStream: `cluster(jetStream(connection, { headers }))`. The
 * streams are made when they are missing, and given these limits. The connection is shared and stays the
 * application's, which should let it reconnect for ever (`maxReconnectAttempts: -1`). Throws a RangeError for options that cannot
 * work, and a TypeError for what is no connection or without `headers`.
 */
export function jetStream(connection: JetStreamConnection, options: JetStreamOptions): JetStreamDurableBus {
  checkConnection("jetStream", connection);
  if (!hasMethods(options, "headers")) {
    const expected = 'headers, the function of "nats" or "@nats-io/transport-node"';
    throw wrongClient("jetStream", expected, options?.headers);
  }
  const { name = "sockeye", storage = "file", replicas = 1, onError = warnOnce() } = options;
  const limits = resolveLimits(options);
  check(name, storage, replicas, limits.maxAge);
  const bus: NatsBus = new NatsBus(connection, async () => {
    try {
      await Promise.all([messages.made(), records.made()]);
    } catch (error) {
      onError(error);
      throw error;
    }
    log.begin(await conductor.stand());
  });
  const keeping = { storage, num_replicas: replicas };
  const messages = new JetStream(connection, bus, { ...logConfig(name, limits), ...keeping }, true);
  const records = new JetStream(connection, bus, { ...storeConfig(name), ...keeping }, false);
  const lease = new JetStreamStore(records, options.headers);
  const conductor = new Conductor(connection, bus, messages, lease, options.headers);
  const log = new JetStreamLog(bus, messages, options.headers);
  return {
    bus,
    log,
    store: new JetStreamStore(records, options.headers, bus),
    close: () => conductor.close(),
  };
}

function check(name: string, storage: string, replicas: number, maxAge: number): void {
  if (!NAME.test(name)) throw wrongOption("name", '1 to 64 letters, digits, "-" or "_"', name);
  if (!STORAGES.includes(storage)) throw wrongOption("storage", '"file" or "memory"', storage);
  if (!Number.isInteger(replicas) || replicas < 1 || replicas > 5) {
    throw wrongOption("replicas", "1 to 5", replicas);
  }
  if (maxAge < MIN_AGE) throw wrongOption("maxAge", `${MIN_AGE} milliseconds or more`, maxAge);
}

/** Says once what is wrong, as attempts may fail for hours. */
function warnOnce(): (error: unknown) => void {
  let last: string | undefined;
  return (error) => {
    const text = String(error);
    if (text === last) return;
    last = text;
    process.emitWarning(`${text}; trying again`, { code: "SOCKEYE_NATS" });
  };
}
