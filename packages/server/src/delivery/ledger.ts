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
  /** What is done last about each client: over several connections the engine might do it out of order. */
  readonly #turns = new Map<string, Promise<unknown>>();
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
   * @param state asked for at each attempt, as a later one must not write what has changed since; undefined when there is
   * nothing to write any more, as another server has the client
   */
  keep(
    id: string,
    state: () => unknown,
    timeout: number = Number.POSITIVE_INFINITY,
  ): Promise<boolean | undefined> {
    return this.#patiently(
      id,
      async () => {
        const value = state();
        return value !== undefined && this.#records.hold(id, value, this.#ttl);
      },
      timeout,
    );
  }

  /**
   * Takes over what is written of a client, if anything; from then on no other server can add to it. Undefined when the
   * engine could not be reached for `timeout` milliseconds, the server is closed, or it is not wanted any more.
   */
  take(
    id: string,
    timeout: number,
    isWanted: () => boolean = () => true,
  ): Promise<{ readonly written: unknown } | undefined> {
    return this.#patiently(
      id,
      async () => (isWanted() ? { written: await this.#records.seize(id) } : undefined),
      timeout,
    );
  }

  /** Nothing is to be found any longer, if it is still this server's. */
  forget(id: string): void {
    // What cannot be removed ends by itself.
    this.#inTurn(id, () => this.#records.release(id)).catch(() => {});
  }

  close(): void {
    this.#closed = true;
  }

  /** Tries until it is done; undefined when it is given up. */
  async #patiently<Value>(
    id: string,
    task: () => Promise<Value>,
    timeout: number,
  ): Promise<Value | undefined> {
    const until = this.#clock.now() + timeout;
    while (!this.#closed) {
      try {
        return await this.#inTurn(id, task);
      } catch {
        if (this.#clock.now() + PAUSE > until) return undefined;
        await new Promise<void>((resolve) => {
          this.#clock.setTimeout(resolve, PAUSE);
        });
      }
    }
    return undefined;
  }

  async #inTurn<Value>(id: string, task: () => Promise<Value>): Promise<Value> {
    const before = this.#turns.get(id);
    const turn = before ? before.then(task, task) : task();
    this.#turns.set(id, turn);
    try {
      return await turn;
    } finally {
      if (this.#turns.get(id) === turn) this.#turns.delete(id);
    }
  }
}
