/** record(): a bounded log of what crosses the wire under a socket. */
import type { Manager } from "@sockeye/client";
import type { Entry } from "./entry.ts";
import { Log } from "./log.ts";
import { ManagerTap } from "./manager-tap.ts";
import type { Sink } from "./packets.ts";

/** Options of {@link record}. */
export interface RecordOptions {
  /** Most entries that are kept; the oldest go first. Default 10000. */
  limit?: number;
  /** Most bytes that entries may take up in memory, roughly. Default 16777216 (16 MiB). */
  maxBytes?: number;
  /** Most characters of a payload that are kept; its size is told in any case. Default 4096. */
  maxPayload?: number;
  /**
   * Whether session ids and the credentials of CONNECT packets are kept as they are. Default false: a recording can be
   * exported, and whoever knows them can act as the user.
   */
  secrets?: boolean;
}

/** A recording at one moment: frozen, and the same object as long as nothing changes. */
export interface RecordingSnapshot {
  /** Oldest first. An entry that is completed later (its acknowledgement came) is replaced by another object. */
  readonly entries: readonly Entry[];
  /** "stopped" is for good. */
  readonly state: "recording" | "paused" | "stopped";
  /** How many entries had to go for newer ones. */
  readonly dropped: number;
  /** How many things happened while the recording was paused. */
  readonly skipped: number;
}

/** What is exported. */
export interface RecordingJSON {
  readonly version: 1;
  /** When the recording began, in ISO 8601. */
  readonly startedAt: string;
  readonly dropped: number;
  readonly skipped: number;
  readonly entries: readonly Entry[];
}

/** A running recording. The methods may be passed on as functions. */
export interface Recording {
  /** When the recording began, as `Date.now()` tells time. */
  readonly startedAt: number;
  /** Calls back after changes, once per turn of the event loop at most; returns what ends it. */
  subscribe(listener: () => void): () => void;
  getSnapshot(): RecordingSnapshot;
  /** Nothing is kept until {@link resume}. */
  pause(): void;
  resume(): void;
  /** Forgets all entries. */
  clear(): void;
  toJSON(): RecordingJSON;
  /** Ends the recording and removes every listener; what is recorded stays. */
  stop(): void;
}

/** A socket of @sockeye/client, whatever its events. */
export interface RecordableSocket {
  readonly io: object;
}

const DEFAULTS: Required<RecordOptions> = {
  limit: 10_000,
  maxBytes: 16 * 1024 * 1024,
  maxPayload: 4096,
  secrets: false,
};

/**
 * Records the connection of a socket, with all namespaces over it, across reconnections. It only listens: it changes
 * nothing of what the socket does. Call it in the turn in which the socket is made to see the handshake, too.
 * @throws TypeError when the socket is none of @sockeye/client, or a bound is no positive number
 *
 * @example
 * const socket = io();
 * const recording = record(socket);
 * recording.subscribe(() => console.log(recording.getSnapshot().entries.at(-1)));
 */
export function record(socket: RecordableSocket, options: RecordOptions = {}): Recording {
  const manager = socket?.io as Manager | undefined;
  if (typeof manager?.on !== "function" || typeof manager.opts !== "object") {
    throw new TypeError("record(): expected a socket of @sockeye/client");
  }
  return new Recorder(manager, { ...DEFAULTS, ...options });
}

class Recorder implements Recording, Sink {
  readonly startedAt: number = Date.now();
  readonly #log: Log;
  readonly #tap: ManagerTap;
  readonly #listeners: Set<() => void> = new Set();
  #state: RecordingSnapshot["state"] = "recording";
  #skipped = 0;
  #snapshot: RecordingSnapshot | undefined;
  #announced = false;

  constructor(manager: Manager, options: Required<RecordOptions>) {
    const { limit, maxBytes, maxPayload } = options;
    for (const [name, value] of Object.entries({ limit, maxBytes, maxPayload })) {
      if (!(value > 0)) throw new TypeError(`record(): ${name} must be a positive number, not ${value}`);
    }
    const start = performance.now();
    this.#log = new Log(
      options,
      () => performance.now() - start,
      // While the tap is made, the first entries may have to go already.
      (entry) => this.#tap?.forget(entry),
    );
    this.#tap = new ManagerTap(manager, this, options);
  }

  add(...[entry]: Parameters<Sink["add"]>): Entry | undefined {
    if (this.#state !== "recording") {
      this.#skipped++;
      this.#change();
      return;
    }
    this.#change();
    return this.#log.add(entry);
  }

  amend(seq: number, change: Partial<Entry>): void {
    this.#log.amend(seq, change);
    this.#change();
  }

  subscribe = (listener: () => void): (() => void) => {
    // Wrapped, so that one function may subscribe twice.
    const own = (): void => listener();
    this.#listeners.add(own);
    return () => void this.#listeners.delete(own);
  };

  getSnapshot = (): RecordingSnapshot => {
    this.#snapshot ??= Object.freeze({
      entries: this.#log.list(),
      state: this.#state,
      dropped: this.#log.dropped,
      skipped: this.#skipped,
    });
    return this.#snapshot;
  };

  pause = (): void => this.#turn("paused");

  resume = (): void => this.#turn("recording");

  clear = (): void => {
    this.#log.clear();
    this.#skipped = 0;
    this.#change();
  };

  toJSON = (): RecordingJSON => {
    const { entries, dropped, skipped } = this.getSnapshot();
    return { version: 1, startedAt: new Date(this.startedAt).toISOString(), dropped, skipped, entries };
  };

  stop = (): void => {
    this.#tap.stop();
    this.#turn("stopped");
  };

  #turn(state: RecordingSnapshot["state"]): void {
    if (this.#state === "stopped" || this.#state === state) return;
    this.#state = state;
    this.#change();
  }

  #change(): void {
    this.#snapshot = undefined;
    if (this.#announced) return;
    this.#announced = true;
    queueMicrotask(() => {
      this.#announced = false;
      for (const listener of [...this.#listeners]) listener();
    });
  }
}
