/** The port to whatever remembers messages: a log of many streams in one total order. */
import type { Bus, Undo } from "./bus.ts";
import { hasMethods, wrongClient, wrongOption } from "./refusal.ts";
import type { Store } from "./store.ts";

/** A message and its place in the order of all messages. */
export interface LogEntry {
  /** A safe integer; greater than that of every entry before. */
  readonly position: number;
  readonly message: Uint8Array;
}

/** What is appended at once. */
export interface LogBatch {
  /** Who appends; together with `number` this names the batch. */
  readonly sender: string;
  /** Counts up by sender; a batch that failed is appended again under the same number, before any later one. */
  readonly number: number;
  readonly entries: ReadonlyArray<{ readonly streams: readonly string[]; readonly message: Uint8Array }>;
}

/** What a log has after a position. */
export interface LogPage {
  /** In ascending order, each once, however many of the streams it is in. */
  readonly entries: readonly LogEntry[];
  /** Whether that is all; `false` when entries after the position may have been trimmed or lost. */
  readonly complete: boolean;
  /** Everything up to this position has been considered; entries of later ones are not in the page. */
  readonly head: number;
}

/**
 * What recovery across servers needs of Redis Streams, JetStream, Postgres, ... An implementation
 * - MUST give positions in one order for all streams, in which the batches of one sender keep theirs, and MUST NOT
 *   give a position again, even when the engine has lost its data: a log made anew starts at the present time in
 *   microseconds;
 * - MUST append a batch once, also when it is given again after a failure, for as long as the log reaches back;
 *   MUST reject when it is not sure that all of it was appended; MUST take any bytes, up to a megabyte at least;
 * - MUST call the listeners of one process in ascending order of positions across streams, each once per entry and
 *   stream, own entries too, from the resolution of `subscribe` on, and MUST NOT call them within a call;
 * - MUST leave no gap while the bus beside it is "up": a loss of the subscription is reported as "down", and "up"
 *   comes when subscriptions are renewed (the cluster then reads what it has missed);
 * - MUST, in `read`, find all entries of these streams that are after `after` and were visible to any subscriber
 *   when it was called, and MUST NOT visit those of other streams, except entries for several streams, which MAY
 *   be kept in one place;
 * - MUST trim the oldest first, by age, number and bytes, and tell by `complete` when that concerns the reader;
 * - MUST NOT trust stream names beyond the letters, digits, `.`, `:`, `-` and `_` that they are made of.
 */
export interface Log {
  append(batch: LogBatch): Promise<void>;
  subscribe(stream: string, listener: (entry: LogEntry) => void): Promise<Undo>;
  /** The entries of these streams after a position. */
  read(streams: readonly string[], after: number): Promise<LogPage>;
  /** The position of the latest entry of any stream. */
  head(): Promise<number>;
}

/** How far a log reaches back: the first limit that is reached trims. */
export interface LogLimits {
  /** Milliseconds that an entry is kept; 300,000. */
  maxAge?: number;
  /** Entries kept; 1,000,000. */
  maxEntries?: number;
  /** Bytes of the messages kept; 256 MiB. */
  maxBytes?: number;
}

/** Fills in the defaults; throws a RangeError for limits that keep nothing. */
export function resolveLimits(limits: LogLimits): Required<LogLimits> {
  const resolved = {
    maxAge: limits.maxAge ?? 300_000,
    maxEntries: limits.maxEntries ?? 1_000_000,
    maxBytes: limits.maxBytes ?? 256 * 1024 * 1024,
  };
  for (const [name, value] of Object.entries(resolved)) {
    if (!Number.isSafeInteger(value) || value < 1) {
      throw wrongOption(name, "a positive integer", value);
    }
  }
  return resolved;
}

/** A bus with a memory: what `cluster()` takes where clients are to be recovered on any server. */
export interface DurableBus {
  readonly bus: Bus;
  readonly log: Log;
  readonly store: Store;
}

/** Throws a TypeError for what is no bus, with or without a memory. */
export function checkBus(caller: string, value: Bus | DurableBus): void {
  const bus = (value as Partial<DurableBus> | undefined)?.bus ?? value;
  if (hasMethods(bus, "publish", "subscribe", "observe")) return;
  throw wrongClient(caller, "a bus, such as redis(client)", value);
}
