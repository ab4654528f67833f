/** The moment after a server has come, or come back: the others have not answered yet, and count as unknown. */
import type { Clock, Timer } from "@sockeye/core";

export class StartUp {
  readonly #clock: Clock;
  readonly #duration: number;
  #waiting: Array<() => void> = [];
  #ended: Array<() => void> = [];
  #timer: Timer;

  /** @param duration milliseconds within which the others answer */
  constructor(clock: Clock, duration: number) {
    this.#clock = clock;
    this.#duration = duration;
  }

  /** It has come, or says hello. */
  begin(): void {
    this.#clock.clearTimeout(this.#timer);
    this.#timer = this.#clock.setTimeout(() => this.end(), this.#duration);
  }

  end(): void {
    this.#clock.clearTimeout(this.#timer);
    this.#timer = undefined;
    this.joined();
    for (const resolve of this.#ended.splice(0)) resolve();
  }

  /** While others may be unknown: resolves when all must have answered. */
  get over(): Promise<void> | undefined {
    if (this.#timer === undefined) return undefined;
    return new Promise((resolve) => this.#ended.push(resolve));
  }

  /** Another server is known now. */
  joined(): void {
    for (const look of this.#waiting.splice(0)) look();
  }

  /** Looks for something; again whenever a server has joined, until it is found or all must have answered. */
  find<Thing>(look: () => Thing | undefined): Thing | undefined | Promise<Thing | undefined> {
    const found = look();
    if (found !== undefined || this.#timer === undefined) return found;
    return new Promise<void>((resolve) => this.#waiting.push(resolve)).then(() => this.find(look));
  }
}
