/** What this process has to append: batches of one turn, one at a time, again until the log has taken them. */
import type { Clock, Timer } from "@sockeye/core";
import type { Log, LogBatch } from "./log.ts";
import type { NodeId } from "./message.ts";

type Item = LogBatch["entries"][number];

interface Pending {
  item: Item;
  settle(): void;
  /** It had to go. */
  dropped(): void;
}

/** Who is told what becomes of what is said. */
export interface LogWriterHome {
  /** A message had to go, because more than `maxBufferedBytes` waited, or at the end. */
  dropped(): void;
  /** The log has not answered for a while, although it may not be known to be away. */
  stalled(): void;
}

/** A batch of more would keep the engine from others' work for too long. */
const MAX_BATCH = { entries: 256, bytes: 512 * 1024 };

const RETRY_AFTER = 100;

/** Milliseconds after which a log that does not answer counts as one that cannot be reached. */
const PATIENCE = 1_000;

/**
 * Keeps the order of what is said. While a batch is under way the next one gathers, so that a slow engine makes
 * larger batches. What failed is given again under its number, by which the log knows what it has already.
 */
export class LogWriter {
  readonly #log: Log;
  readonly #from: NodeId;
  readonly #clock: Clock;
  readonly #maxBytes: number;
  readonly #home: LogWriterHome;
  #waiting: Pending[] = [];
  #waitingBytes = 0;
  #number = 0;
  #running: Promise<void> | undefined;
  #retry: { timer: Timer; now: () => void } | undefined;
  #closed = false;
  #stalled = false;
  #onStalled = (): void => {};
  #held: Promise<void> | undefined;

  constructor(
    log: Log,
    from: NodeId,
    { clock, maxBufferedBytes }: { clock: Clock; maxBufferedBytes: number },
    home: LogWriterHome,
  ) {
    this.#log = log;
    this.#from = from;
    this.#clock = clock;
    this.#maxBytes = maxBufferedBytes;
    this.#home = home;
  }

  /** Whether the log has not answered for a while. */
  get stalled(): boolean {
    return this.#stalled;
  }

  get bufferedBytes(): number {
    return this.#waitingBytes;
  }

  /**
   * Resolves when the message is in the log, or had to go.
   * @param dropped called in the latter case
   */
  append(streams: readonly string[], message: Uint8Array, dropped: () => void): Promise<void> {
    const appended = new Promise<void>((settle) => {
      this.#waiting.push({ item: { streams, message }, settle, dropped });
    });
    this.#waitingBytes += message.byteLength;
    while (this.#waitingBytes > this.#maxBytes && this.#waiting.length > 1) this.#dropOldest();
    this.#running ??= this.#run();
    return appended;
  }

  /** What is appended from now on waits for this. */
  hold(until: Promise<void>): void {
    const held = Promise.all([this.#held, until]).then(() => {
      if (this.#held === held) this.#held = undefined;
    });
    this.#held = held;
  }

  /** The engine is there again: what waits need not wait longer. */
  wake(): void {
    this.#retry?.now();
  }

  /** Gives up what the log does not take at once; one that does not answer is not waited for. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#retry?.now();
    if (this.#stalled) return;
    const silence = new Promise<void>((resolve) => {
      this.#onStalled = resolve;
    });
    await Promise.race([this.#running, silence]);
  }

  #dropOldest(): void {
    const oldest = this.#waiting.shift() as Pending;
    this.#waitingBytes -= oldest.item.message.byteLength;
    oldest.settle();
    this.#drop(oldest);
  }

  #drop({ dropped }: Pending): void {
    dropped();
    this.#home.dropped();
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
    const patience = this.#clock.setTimeout(() => {
      this.#stalled = true;
      this.#home.stalled();
      this.#onStalled();
    }, PATIENCE);
    if (this.#held) await this.#held;
    while (!(await this.#appended(batch))) {
      if (this.#closed) {
        for (const each of pending) this.#drop(each);
        break;
      }
      await this.#pause();
    }
    this.#clock.clearTimeout(patience);
    this.#stalled = false;
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
