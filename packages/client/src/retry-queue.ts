/** Events that are sent one after the other, each again and again until it is acknowledged. */
import type { Untyped } from "@sockeye/core";

/** An event on its way. */
export interface QueuedEvent {
  readonly id: number;
  /** How often it was sent. */
  tryCount: number;
  /** Whether an acknowledgement is awaited at present. */
  pending: boolean;
  /** Name and arguments. */
  readonly args: readonly unknown[];
}

/** An acknowledgement callback with the error first. */
export type Ack = (error: (Error & { code?: string }) | null, ...args: Untyped[]) => void;

/** What the queue needs of its socket. */
export interface QueueHome<Flags> {
  connected: boolean;
  /** Sends once; the callback MUST be called once. */
  sendOnce_(args: readonly unknown[], flags: Flags, ack: Ack, id: number): void;
  /** A new acknowledgement id: the same for all sendings of an event, so that the server knows it again. */
  nextId_(): number;
}

type Entry<Flags> = QueuedEvent & { readonly flags: Flags; readonly ack: Ack | undefined; wire_?: number };

/** At-least-once delivery in order. */
export class RetryQueue<Flags extends { signal?: AbortSignal | undefined }> {
  /** Oldest first; only the first is ever on its way. */
  readonly entries: Entry<Flags>[] = [];
  private readonly home_: QueueHome<Flags>;
  private readonly retries_: number;
  private ids_ = 0;

  constructor(home: QueueHome<Flags>, retries: number) {
    this.home_ = home;
    this.retries_ = retries;
  }

  /** Takes an event; `ack` learns of its acknowledgement, or why it was given up. */
  add(args: readonly unknown[], flags: Flags, ack: Ack | undefined): void {
    this.entries.push({ id: this.ids_++, tryCount: 0, pending: false, args, flags, ack });
    this.drain();
  }

  /**
   * Sends the first event, if there is a connection.
   * @param force sends it again although it is pending: the connection is another one
   */
  drain(force = false): void {
    const [entry] = this.entries;
    if (!this.home_.connected || !entry || (entry.pending && !force)) return;
    entry.pending = true;
    entry.tryCount++;
    entry.wire_ ??= this.home_.nextId_();
    const settle: Ack = (error, ...args) => {
      if (entry !== this.entries[0]) return;
      entry.pending = false;
      const hopeless = error?.code === "ERR_PAYLOAD_TOO_LARGE" || entry.flags.signal?.aborted;
      if (!error || hopeless || entry.tryCount > this.retries_) {
        this.entries.shift();
        entry.ack?.(error, ...args);
      }
      this.drain();
    };
    this.home_.sendOnce_(entry.args, entry.flags, settle, entry.wire_);
  }
}
