/** What one client has received of one stream, by numbers. */

/**
 * Counts across connections, as what is recovered is promised once and in order whatever happens to these; `reconnect`
 * tells of a new one where nothing is promised across them.
 */

export class Reception {
  delivered = 0;
  duplicated = 0;
  /** Messages that came after later ones. */
  reordered = 0;
  #highest = 0;
  /** The last one on this connection. */
  #last = 0;
  readonly #missing = new Set<number>();

  get highest(): number {
    return this.#highest;
  }

  /** Counts a message; returns what is odd about it, if anything. */
  take(number: number): "duplicate" | "out of order" | undefined {
    const ascends = number > this.#last;
    this.#last = Math.max(this.#last, number);
    if (number > this.#highest) {
      for (let skipped = this.#highest + 1; skipped < number; skipped++) this.#missing.add(skipped);
      this.#highest = number;
      this.delivered++;
      return undefined;
    }
    const isNew = this.#missing.delete(number);
    if (isNew) this.delivered++;
    if (ascends) return undefined;
    if (isNew) this.reordered++;
    else this.duplicated++;
    return isNew ? "out of order" : "duplicate";
  }

  /** What comes from now on comes on another connection. */
  reconnect(): void {
    this.#last = 0;
  }

  /** The numbers that have not come, of those up to `sent`. */
  *lost(sent: number): Generator<number> {
    for (const number of this.#missing) if (number <= sent) yield number;
    for (let number = this.#highest + 1; number <= sent; number++) yield number;
  }
}
