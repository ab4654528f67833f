/** Moving a server's clients away, spread over a while, so that the other servers take them over one by one. */
import type { Clock, Timer } from "@sockeye/core";

/** How a server is drained. */
export interface DrainOptions {
  /**
   * The time over which the clients are moved away: milliseconds, or a number with a unit ("500ms", "30s", "2m").
   * Default "30s".
   */
  over?: number | string;
}

/** A session to be moved. */
export interface Passenger {
  /** Ends the session so that its client comes back at once, elsewhere. */
  leave(): void;
  /** Calls back when it has ended, whoever ended it. */
  onceGone(listener: () => void): void;
}

const UNITS: Readonly<Record<string, number>> = { "": 1, ms: 1, s: 1000, m: 60_000 };

/** Sessions that still say farewell when the time is over get this long, in milliseconds. */
const GRACE = 5000;

/** Sessions are not moved one by one when there are many: no more often than this, in milliseconds. */
const SHORTEST_STEP = 10;

/** What timers of the platform can wait, in milliseconds. */
const LONGEST = 2 ** 31 - 1;

/**
 * Milliseconds over which to drain.
 * @throws TypeError for what is no duration, and for a duration that is not named, with the code `ERR_OPTION`
 */
export function durationOfDrain(options: DrainOptions): number {
  if (typeof options === "object" && options !== null) return durationOf(options.over ?? "30s");
  throw wrongOption(`drain: expected an object like { over: "30s" }, got ${shown(options)}`);
}

function durationOf(value: number | string): number {
  const [, amount, unit = ""] = /^(\d+(?:\.\d+)?)(ms|s|m)?$/.exec(String(value)) ?? [];
  const duration = Number(amount) * (UNITS[unit] ?? Number.NaN);
  if (duration <= LONGEST) return duration;
  throw wrongOption(`over must be milliseconds or like "30s", at most ${LONGEST}, got ${shown(value)}`);
}

function wrongOption(message: string): TypeError {
  return Object.assign(new TypeError(message), { code: "ERR_OPTION" });
}

function shown(value: unknown): string {
  return typeof value === "string" ? JSON.stringify(value) : String(value);
}

/** Resolves when all passengers are gone, or have had their time and a grace for farewells. */
export class Departure {
  readonly #clock: Clock;
  readonly #passengers: readonly Passenger[];
  readonly #over: number;
  readonly #beginning: number;
  readonly #finish: () => void;
  #aboard: number;
  #moved = 0;
  #timer: Timer;

  private constructor(clock: Clock, passengers: readonly Passenger[], over: number, finish: () => void) {
    this.#clock = clock;
    this.#passengers = passengers;
    this.#over = over;
    this.#beginning = clock.now();
    this.#finish = finish;
    this.#aboard = passengers.length;
  }

  /** @param over milliseconds; the first leaves when its share of them is over, the last at the end */
  static of(clock: Clock, passengers: readonly Passenger[], over: number): Promise<void> {
    return new Promise((resolve) => new Departure(clock, passengers, over, resolve).#begin());
  }

  #begin(): void {
    if (this.#aboard === 0) this.#finish();
    for (const passenger of this.#passengers) passenger.onceGone(() => this.#onGone());
    if (this.#aboard > 0) this.#step();
  }

  #onGone(): void {
    if (--this.#aboard > 0) return;
    this.#clock.clearTimeout(this.#timer);
    this.#finish();
  }

  #step(): void {
    const { length } = this.#passengers;
    const share = this.#over === 0 ? 1 : (this.#clock.now() - this.#beginning) / this.#over;
    const due = Math.min(length, Math.floor(length * share));
    while (this.#moved < due) this.#passengers[this.#moved++]?.leave();
    if (this.#aboard === 0) return;
    const [task, wait] =
      this.#moved < length
        ? [() => this.#step(), Math.max(SHORTEST_STEP, this.#over / length)]
        : [this.#finish, GRACE];
    this.#timer = this.#clock.setTimeout(task, wait);
  }
}
