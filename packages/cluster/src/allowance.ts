/** How often something may be done: what strangers can cause costs the other servers no more than that. */
import type { Clock } from "@sockeye/core";

export class Allowance {
  readonly #clock: Clock;
  readonly #perSecond: number;
  #second = 0;
  #used = 0;

  constructor(clock: Clock, perSecond: number) {
    this.#clock = clock;
    this.#perSecond = perSecond;
  }

  /** Uses one up; `false` when there is none left in this second. */
  take(): boolean {
    const second = Math.floor(this.#clock.now() / 1_000);
    if (second !== this.#second) this.#used = 0;
    this.#second = second;
    return ++this.#used <= this.#perSecond;
  }
}
