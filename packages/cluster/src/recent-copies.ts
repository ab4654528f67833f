/** Which messages have been seen already, of those that come by several topics. */
import type { NodeId } from "./message.ts";

/** Copies of one message arrive close together: so many messages back is far enough. */
const REMEMBERED = 4096;

/** Remembers the latest messages that came in several copies. */
export class RecentCopies {
  readonly #seen = new Set<string>();

  /** Whether this is the first copy that comes. */
  isNew(from: NodeId, copy: number): boolean {
    const key = `${from} ${copy}`;
    if (this.#seen.has(key)) return false;
    this.#seen.add(key);
    if (this.#seen.size > REMEMBERED) {
      const [oldest] = this.#seen;
      this.#seen.delete(oldest as string);
    }
    return true;
  }
}
