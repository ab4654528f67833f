/** What can be set about a cluster. */
import { type Clock, systemClock } from "@sockeye/core";
import { wrongOption } from "./refusal.ts";

/** Options of `cluster(bus, options)`. */
export interface ClusterOptions {
  /** Begins the name of every topic, so that clusters can share a bus; letters, digits, `-` and `_`; "sockeye". */
  prefix?: string;
  /** Milliseconds between two signs of life of a server; 1,000. */
  heartbeatInterval?: number;
  /** Milliseconds of silence after which a server counts as gone; 4,000. */
  heartbeatTimeout?: number;
  /** Milliseconds to wait for the answers of other servers, unless the call says otherwise; 5,000. */
  requestTimeout?: number;
  /** Milliseconds for which the topic of an empty room stays subscribed, in case somebody joins again; 5,000. */
  linger?: number;
  /** Bytes that wait for the bus at most, the oldest message goes first; 8 MiB. */
  maxBufferedBytes?: number;
  /** The clock; the system's by default. */
  clock?: Clock;
}

/** What timers of the platform can wait, in milliseconds. */
const MAX_TIMEOUT = 2 ** 31 - 1;

/** Milliseconds as a timer and a message take them. */
export function boundedTimeout(timeout: number): number {
  return Math.trunc(Math.min(Math.max(timeout, 0), MAX_TIMEOUT));
}

const PREFIX = /^[\w-]{1,64}$/;

/** Fills in the defaults; throws a RangeError for values that cannot work. */
export function resolveOptions(options: ClusterOptions): Required<ClusterOptions> {
  const resolved: Required<ClusterOptions> = {
    prefix: options.prefix ?? "sockeye",
    heartbeatInterval: options.heartbeatInterval ?? 1_000,
    heartbeatTimeout: options.heartbeatTimeout ?? 4_000,
    requestTimeout: options.requestTimeout ?? 5_000,
    linger: options.linger ?? 5_000,
    maxBufferedBytes: options.maxBufferedBytes ?? 8 * 1024 * 1024,
    clock: options.clock ?? systemClock,
  };
  const { prefix, heartbeatInterval, heartbeatTimeout, requestTimeout, linger, maxBufferedBytes } = resolved;
  if (typeof prefix !== "string" || !PREFIX.test(prefix)) {
    throw wrongOption("prefix", '1 to 64 letters, digits, "-" or "_"', prefix);
  }
  checkNumbers({ heartbeatInterval, heartbeatTimeout, requestTimeout }, 1, MAX_TIMEOUT);
  checkNumbers({ linger }, 0, MAX_TIMEOUT);
  checkNumbers({ maxBufferedBytes }, 0, Number.MAX_SAFE_INTEGER);
  if (heartbeatTimeout <= heartbeatInterval) {
    const expected = `more than heartbeatInterval (${heartbeatInterval})`;
    throw wrongOption("heartbeatTimeout", expected, heartbeatTimeout);
  }
  return resolved;
}

function checkNumbers(values: Readonly<Record<string, unknown>>, from: number, to: number): void {
  for (const [name, value] of Object.entries(values)) {
    if (typeof value === "number" && value >= from && value <= to) continue;
    throw wrongOption(name, `a number from ${from} to ${to}`, value);
  }
}
