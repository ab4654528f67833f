/** What is known of clients, written down where all servers find it: it outlives the server that knew it. */
import type { SharedRecords } from "@sockeye/adapter";
import type { Clock } from "@sockeye/core";

/** Milliseconds between attempts while the engine that keeps records is away. */
const PAUSE = 200;

/** A record is of use for longer than its client may stay away, as a lost connection is noticed late; milliseconds. */
const MARGIN = 60_000;

export class Ledger {
  readonly #records: SharedRecords;
  readonly #clock: Clock;
  readonly #ttl: number;
  #closed = false;

  /** @param duration milliseconds that a client may stay away */
  constructor(records: SharedRecords, clock: Clock, duration: number) {
    this.#records = records;
    this.#clock = clock;
    this.#ttl = duration + MARGIN;
  }

  /**
   * Writes down what is known of a client; `false` when another server has taken it over, and undefined when the engine
   * could not be reached for `timeout` milliseconds or the server is closed.
   * @param state asked for at each attempt: a later one must not write what has changed since
   */
  keep(
    id: string,
    state: () => unknown,
    timeout: number = Number.POSITIVE_INFINITY,
  ): Promise<boolean | undefined> {
    return this.#patiently(() => this.#records.hold(id, state(), this.#ttl), timeout);
  }

  /**
   * Takes over what is written of a client; from then on no other server can add to it. Gives up after `timeout`
   * milliseconds, as if nothing was written.
   */
  take(id: string, timeout: number): Promise<unknown> {
    return this.#patiently(() => this.#records.seize(id), timeout);
  }

  /** Nothing is to be found any longer, if it is still this server's. */
  forget(id: string): void {
    // What cannot be removed ends by itself.
    this.#records.release(id).catch(() => {});
  }

  close(): void {
    this.#closed = true;
  }

  /** Tries until it is done; undefined when it is given up. */
  async #patiently<Value>(task: () => Promise<Value>, timeout: number): Promise<Value | undefined> {
    const until = this.#clock.now() + timeout;
    while (!this.#closed) {
      try {
        return await task();
      } catch {
        if (this.#clock.now() + PAUSE > until) return undefined;
        await new Promise<void>((resolve) => {
          this.#clock.setTimeout(resolve, PAUSE);
        });
      }
    }
    return undefined;
  }
}
