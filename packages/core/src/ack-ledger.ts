/** Who waits for which acknowledgement, and until when. */
import type { Clock, Timer } from "./clock.ts";
import { AckError } from "./errors.ts";
import type { Untyped } from "./event-map.ts";

/** Called with what the other side acknowledged. */
export type AckCallback = (...args: Untyped[]) => void;

/** Called exactly once: with an error, or with `null` and what the other side acknowledged. */
export type Settle = (error: unknown, args: Untyped[]) => void;

/** The part of the web's AbortSignal that is needed here. */
export interface AbortSignalLike {
  readonly aborted: boolean;
  readonly reason: unknown;
  addEventListener(type: "abort", listener: () => void, options?: { once?: boolean }): void;
  removeEventListener(type: "abort", listener: () => void): void;
}

/** How long to wait. */
export interface AckLimits {
  /** In milliseconds; left out: for as long as the connection lasts. */
  timeout?: number | undefined;
  signal?: AbortSignalLike | undefined;
  /** Called before `settle` when the wait ends without an answer: what has not been sent need not be any more. */
  withdraw?: (() => void) | undefined;
}

class Wait {
  readonly settle: Settle;
  readonly limits: AckLimits;
  timer: Timer;
  onAbort: (() => void) | undefined;

  constructor(settle: Settle, limits: AckLimits) {
    this.settle = settle;
    this.limits = limits;
  }
}

const NO_LIMITS: AckLimits = {};

/**
 * The acknowledgements that one socket expects. Each wait ends once: by the answer, the timeout, the signal or
 * `failAll`; later answers, and answers to what was never asked, are ignored.
 */
export class AckLedger {
  readonly #clock: Clock;
  readonly #waits = new Map<number, Wait | AckCallback>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** How many answers are awaited. */
  get size(): number {
    return this.#waits.size;
  }

  /** Expects an answer for as long as the connection lasts; nobody is told when none comes. */
  set(id: number, callback: AckCallback): this {
    this.#waits.set(id, callback);
    return this;
  }

  /** Expects an answer no more, and tells nobody. */
  delete(id: number): boolean {
    const wait = this.#waits.get(id);
    if (wait instanceof Wait) this.#release(wait);
    return this.#waits.delete(id);
  }

  /** Expects an answer; `settle` is called in any case. */
  wait(id: number, settle: Settle, limits: AckLimits = NO_LIMITS): void {
    const { timeout, signal } = limits;
    const wait = new Wait(settle, limits);
    this.#waits.set(id, wait);
    if (timeout !== undefined) {
      wait.timer = this.#clock.setTimeout(() => this.#fail(id, new AckError("ERR_ACK_TIMEOUT")), timeout);
    }
    if (!signal) return;
    wait.onAbort = () => this.#fail(id, signal.reason);
    signal.addEventListener("abort", wait.onAbort, { once: true });
  }

  /** Takes an answer; `false` when nobody waits for it. */
  answer(id: number, args: Untyped[]): boolean {
    const wait = this.#waits.get(id);
    if (wait === undefined) return false;
    this.#waits.delete(id);
    if (wait instanceof Wait) {
      this.#release(wait);
      wait.settle(null, args);
    } else wait(...args);
    return true;
  }

  /** Ends all waits; no answer can come any more. */
  failAll(error: Error): void {
    for (const id of [...this.#waits.keys()]) this.#fail(id, error);
  }

  #fail(id: number, error: unknown): void {
    const wait = this.#waits.get(id);
    this.#waits.delete(id);
    if (!(wait instanceof Wait)) return;
    this.#release(wait);
    wait.limits.withdraw?.();
    wait.settle(error, []);
  }

  #release(wait: Wait): void {
    if (wait.timer !== undefined) this.#clock.clearTimeout(wait.timer);
    if (wait.onAbort) wait.limits.signal?.removeEventListener("abort", wait.onAbort);
  }
}
