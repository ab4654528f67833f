/** Which entries of a recording are shown: worked out for what is new only, as the log grows. */
import { type Category, categoryOf, type Entry } from "./entry.ts";

export interface Filter {
  readonly categories: ReadonlySet<Category>;
  /** Only packets of this namespace (and what belongs to none); undefined for all. */
  readonly namespace: string | undefined;
  /** Words that all have to occur, whatever their case. */
  readonly query: string;
}

export const CATEGORIES: readonly Category[] = ["events", "connection", "heartbeat", "http"];

export const ALL: Filter = { categories: new Set(CATEGORIES), namespace: undefined, query: "" };

/** More rows than this are taller than browsers can lay out. */
const MAX_ROWS = 400_000;

/** The text that is searched. */
function haystack(entry: Entry): string {
  switch (entry.kind) {
    case "packet":
      return `${entry.type} ${entry.namespace} ${entry.event ?? ""} ${entry.text}`.toLowerCase();
    case "frame":
      return `${entry.type} ${entry.text}`.toLowerCase();
    case "note":
      return `${entry.text} ${entry.detail}`.toLowerCase();
    case "request":
      return `${entry.method} ${entry.transport}`.toLowerCase();
    case "response":
      return `${entry.method} ${entry.status} ${entry.transport}`.toLowerCase();
  }
}

function test(filter: Filter): (entry: Entry) => boolean {
  const words = filter.query.toLowerCase().split(/\s+/).filter(Boolean);
  return (entry) => {
    if (!filter.categories.has(categoryOf(entry))) return false;
    if (filter.namespace !== undefined && entry.kind === "packet" && entry.namespace !== filter.namespace) {
      return false;
    }
    if (words.length === 0) return true;
    const text = haystack(entry);
    return words.every((word) => text.includes(word));
  };
}

/** The rows of a list: entries that pass, oldest first. */
export class FilteredRows {
  /** Namespaces that have occurred. */
  readonly namespaces: Set<string> = new Set();
  #entries: readonly Entry[] = [];
  #filter: Filter = ALL;
  #passes: (entry: Entry) => boolean = test(ALL);
  /** The numbers of the entries that pass. */
  #rows: number[] = [];
  #next = 0;

  get length(): number {
    return this.#rows.length;
  }

  get filter(): Filter {
    return this.#filter;
  }

  at(index: number): Entry | undefined {
    const seq = this.#rows[index];
    return seq === undefined ? undefined : this.find(seq);
  }

  /** An entry by number, whether it passes or not. */
  find(seq: number): Entry | undefined {
    return this.#entries[seq - (this.#entries[0]?.seq ?? 0)];
  }

  /** The row of an entry; of one that does not pass, the next one before it. -1 when there is none. */
  indexOf(seq: number): number {
    let low = 0;
    let high = this.#rows.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#rows[middle] as number) <= seq) low = middle + 1;
      else high = middle;
    }
    return low - 1;
  }

  /** All that pass. */
  list(): Entry[] {
    return this.#rows.map((seq) => this.find(seq)).filter((entry) => entry !== undefined);
  }

  setFilter(filter: Filter): void {
    this.#filter = filter;
    this.#passes = test(filter);
    this.#rows = [];
    this.#next = 0;
    this.update(this.#entries);
  }

  /** Takes the entries of a newer snapshot; returns how many rows went at the front. */
  update(entries: readonly Entry[]): number {
    const first = entries[0]?.seq ?? Infinity;
    const last = entries.at(-1)?.seq ?? -1;
    // Another recording, whose numbers begin anew.
    if (last + 1 < this.#next) this.reset();
    this.#entries = entries;
    const removed = this.#removeBefore(first);
    for (let index = Math.max(0, this.#next - first); index < entries.length; index++) {
      const entry = entries[index] as Entry;
      if (entry.kind === "packet") this.namespaces.add(entry.namespace);
      if (this.#passes(entry)) this.#rows.push(entry.seq);
    }
    this.#next = Math.max(this.#next, last + 1);
    const surplus = this.#rows.length - MAX_ROWS;
    if (surplus > 0) this.#rows.splice(0, surplus);
    return removed + Math.max(0, surplus);
  }

  reset(): void {
    this.#rows = [];
    this.#entries = [];
    this.#next = 0;
    this.namespaces.clear();
  }

  #removeBefore(seq: number): number {
    const index = this.#rows.findIndex((row) => row >= seq);
    const removed = index < 0 ? this.#rows.length : index;
    if (removed > 0) this.#rows.splice(0, removed);
    return removed;
  }
}
