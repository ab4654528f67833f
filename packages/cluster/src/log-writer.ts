/** What this process has to append: batches of one turn, one at a time, again until the log has taken them. */
import type { Clock, Timer } from "@sockeye/core";
import type { Log, LogBatch } from "./log.ts";
import type { NodeId } from "./message.ts";

type Item = LogBatch["entries"][number];

interface Pending {
  item: Item;
  settle(): void;
}

/** A batch of more would keep the engine from others' work for too long. */
const MAX_BATCH = { entries: 256, bytes: 512 * 1024 };

const RETRY_AFTER = 100;

/**
 * Keeps the order of what is said. While a batch is under way the next one gathers, so that a slow engine makes
 * larger batches. What failed is given again under its number, by which the log knows what it has already.
 */
export class LogWriter {
  readonly #log: Log;
  readonly #from: NodeId;
  readonly #clock: Clock;
  readonly #maxBytes: number;
  readonly #dropped: () => void;
  #waiting: Pending[] = [];
  #waitingBytes = 0;
  #number = 0;
  #running: Promise<void> | undefined;
  #retry: { timer: Timer; now: () => void } | undefined;
  #closed = false;

  /** @param dropped called for each message that had to go, because more than `maxBytes` waited */
  constructor(log: Log, from: NodeId, clock: Clock, maxBytes: number, dropped: () => void) {
    this.#log = log;
    this.#from = from;
    this.#clock = clock;
    this.#maxBytes = maxBytes;
    this.#dropped = dropped;
  }

  get bufferedBytes(): number {
    return this.#waitingBytes;
  }

  /** Resolves when the message is in the log, or had to go. */
  append(streams: readonly string[], message: Uint8Array): Promise<void> {
    const appended = new Promise<void>((settle) => {
      this.#waiting.push({ item: { streams, message }, settle });
    });
    this.#waitingBytes += message.byteLength;
    while (this.#waitingBytes > this.#maxBytes && this.#waiting.length > 1) this.#dropOldest();
    this.#running ??= this.#run();
    return appended;
  }

  /** The engine is there again: what waits need not wait longer. */
  wake(): void {
    this.#retry?.now();
  }

  /** Gives up what the log has not taken. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#retry?.now();
    await this.#running;
  }

  #dropOldest(): void {
    const oldest = this.#waiting.shift() as Pending;
    this.#waitingBytes -= oldest.item.message.byteLength;
    oldest.settle();
    this.#dropped();
  }

  async #run(): Promise<void> {
    await new Promise((resolve) => setImmediate(resolve));
    while (this.#waiting.length > 0) await this.#send(this.#next());
    this.#running = undefined;
  }

  #next(): Pending[] {
    let [count, bytes] = [0, 0];
    for (const { item } of this.#waiting) {
      bytes += item.message.byteLength;
      if (count > 0 && (count === MAX_BATCH.entries || bytes > MAX_BATCH.bytes)) break;
      count++;
    }
    return this.#waiting.splice(0, count);
  }

  async #send(pending: Pending[]): Promise<void> {
    const entries = pending.map(({ item }) => item);
    const batch: LogBatch = { sender: this.#from, number: ++this.#number, entries };
    while (!(await this.#appended(batch))) {
      if (this.#closed) {
        for (const _ of pending) this.#dropped();
        break;
      }
      await this.#pause();
    }
    for (const { item, settle } of pending) {
      this.#waitingBytes -= item.message.byteLength;
      settle();
    }
  }

  async #appended(batch: LogBatch): Promise<boolean> {
    try {
      await this.#log.append(batch);
      return true;
    } catch {
      return false;
    }
  }

  async #pause(): Promise<void> {
    await new Promise<void>((now) => {
      this.#retry = { timer: this.#clock.setTimeout(now, RETRY_AFTER), now };
    });
    this.#clock.clearTimeout(this.#retry?.timer);
    this.#retry = undefined;
  }
}
