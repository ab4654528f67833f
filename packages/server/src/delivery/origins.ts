/** Which events of those who had a client before are known: the same one may be told of by more than one of them. */

/** What is known of the events that one of them has given numbers: all up to a number, and some beyond it. */
export type Origin = [keeper: string, last: number, beyond: number[]];

/** News of older ones would have been on their way for longer than anybody waits. */
const MAX_KEEPERS = 16;

/** What is missing before so many others was given up. */
const MAX_BEYOND = 100;

export class Origins {
  #origins: Origin[] = [];

  has(keeper: string, number: number): boolean {
    const [, last, beyond] = this.#of(keeper) ?? [keeper, 0, []];
    return number <= last || beyond.includes(number);
  }

  add(keeper: string, number: number): void {
    const origin = this.#of(keeper) ?? this.#begin(keeper);
    const [, , beyond] = origin;
    beyond.push(number);
    beyond.sort((a, b) => a - b);
    while (beyond[0] === origin[1] + 1 || beyond.length > MAX_BEYOND) origin[1] = beyond.shift() as number;
  }

  export(): Origin[] {
    return this.#origins;
  }

  /** @param own of the one who tells it, all of whose events up to `last` are known */
  import(origins: readonly Origin[], own: { keeper: string; last: number }): void {
    this.#origins = origins.map(([keeper, last, beyond]) => [keeper, last, [...beyond]]);
    this.#begin(own.keeper)[1] = own.last;
  }

  #of(keeper: string): Origin | undefined {
    return this.#origins.find(([known]) => known === keeper);
  }

  #begin(keeper: string): Origin {
    const origin: Origin = [keeper, 0, []];
    this.#origins = [...this.#origins, origin].slice(-MAX_KEEPERS);
    return origin;
  }
}
