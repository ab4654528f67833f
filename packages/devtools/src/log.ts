/** The bounded log: the newest entries, as many as a count and a sum of bytes allow. */
import type { Entry, NewEntry } from "./entry.ts";

/** What an entry weighs besides its text, in bytes; a generous guess. */
const OVERHEAD = 200;

const weigh = (entry: Entry): number =>
  OVERHEAD + 2 * ("text" in entry ? entry.text.length + ("detail" in entry ? entry.detail.length : 0) : 0);

export class Log {
  /** Entries that are no longer there. */
  dropped = 0;
  #entries: Entry[] = [];
  /** Those before it have been dropped, and are removed in bulk. */
  #first = 0;
  #bytes = 0;
  #seq = 0;
  readonly #limit: number;
  readonly #maxBytes: number;
  readonly #now: () => number;
  readonly #onDrop: (entry: Entry) => void;

  constructor(
    bounds: { limit: number; maxBytes: number },
    now: () => number,
    onDrop: (entry: Entry) => void,
  ) {
    this.#limit = bounds.limit;
    this.#maxBytes = bounds.maxBytes;
    this.#now = now;
    this.#onDrop = onDrop;
  }

  add(entry: NewEntry): Entry {
    const numbered = { ...entry, seq: this.#seq++, at: this.#now() } as Entry;
    this.#entries.push(numbered);
    this.#bytes += weigh(numbered);
    while (this.#size > 1 && (this.#size > this.#limit || this.#bytes > this.#maxBytes)) this.#drop();
    return numbered;
  }

  /** Completes an entry, if it is still there. Entries are never changed: a new one takes the place. */
  amend(seq: number, change: Partial<Entry>): void {
    const index = seq - this.#seq + this.#entries.length;
    const entry = this.#entries[index];
    if (entry && index >= this.#first) this.#entries[index] = { ...entry, ...change } as Entry;
  }

  clear(): void {
    this.#entries = [];
    this.#first = this.#bytes = this.dropped = 0;
  }

  list(): readonly Entry[] {
    return this.#entries.slice(this.#first);
  }

  get #size(): number {
    return this.#entries.length - this.#first;
  }

  #drop(): void {
    const entry = this.#entries[this.#first++] as Entry;
    this.#bytes -= weigh(entry);
    this.dropped++;
    this.#onDrop(entry);
    if (this.#first < 1024 || this.#first * 2 < this.#entries.length) return;
    this.#entries.splice(0, this.#first);
    this.#first = 0;
  }
}
