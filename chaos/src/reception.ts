/** What one client has received of one stream, by numbers. */

export class Reception {
  delivered = 0;
  duplicated = 0;
  /** Messages that came after later ones. */
  reordered = 0;
  #highest = 0;
  readonly #missing = new Set<number>();

  get highest(): number {
    return this.#highest;
  }

  take(number: number): void {
    if (number > this.#highest) {
      for (let skipped = this.#highest + 1; skipped < number; skipped++) this.#missing.add(skipped);
      this.#highest = number;
      this.delivered++;
    } else if (this.#missing.delete(number)) {
      this.reordered++;
      this.delivered++;
    } else this.duplicated++;
  }

  /** The numbers that have not come, of those up to `sent`. */
  *lost(sent: number): Generator<number> {
    for (const number of this.#missing) if (number <= sent) yield number;
    for (let number = this.#highest + 1; number <= sent; number++) yield number;
  }
}
