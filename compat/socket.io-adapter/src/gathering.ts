/** The answers of the other servers to one question. */
import type { Clock, Timer } from "@sockeye/core";
import type { ServerId } from "./cluster-message.ts";

/** Who is to answer: so many servers, or exactly these. */
export type Audience = number | Set<ServerId>;

/** How a gathering ended: with the answers, and how many are missing after the timeout. */
export type Gathered = (answers: unknown[], missing: number) => void;

/** Collects one answer per server and reports once: when all are in, or when the time is over. */
export class Gathering {
  readonly #clock: Clock;
  readonly #done: Gathered;
  readonly #answers: unknown[] = [];
  readonly #awaited: Set<ServerId> | undefined;
  #missing: number;
  readonly #timer: Timer;

  constructor(audience: Audience, timeout: number, clock: Clock, done: Gathered) {
    this.#awaited = typeof audience === "number" ? undefined : new Set(audience);
    this.#missing = typeof audience === "number" ? audience : audience.size;
    this.#clock = clock;
    this.#done = done;
    this.#timer = clock.setTimeout(() => this.#finish(), timeout);
  }

  /** One server's answer; a second one, or one from a server that was not asked, is ignored. */
  add(uid: ServerId, answers: unknown[]): void {
    if (this.#awaited && !this.#awaited.has(uid)) return;
    this.#answers.push(...answers);
    this.#settle(uid);
  }

  /** A server is gone: nobody waits for its answer. */
  forget(uid: ServerId): void {
    if (this.#awaited?.has(uid)) this.#settle(uid);
  }

  cancel(): void {
    this.#clock.clearTimeout(this.#timer);
  }

  #settle(uid: ServerId): void {
    this.#awaited?.delete(uid);
    if (--this.#missing === 0) this.#finish();
  }

  #finish(): void {
    this.cancel();
    this.#done(this.#answers, this.#missing);
  }
}
