/** Which of this server's own broadcasts its sockets have had before they were in the log. */
import type { Logged, NodeId } from "./message.ts";

/** Up to which number a client has had one server's broadcasts, wherever these are in the log. */
export interface Mark {
  readonly node: NodeId;
  readonly number: number;
}

const MARK = /^!([\w-]{1,32})!([0-9a-z]{1,11})$/;

/** The mark that an offset ends with; undefined when it is none. */
export function markOf(text: string): Mark | undefined {
  const [, node, digits = ""] = MARK.exec(text) ?? [];
  const number = Number.parseInt(digits, 36);
  return node !== undefined && Number.isSafeInteger(number) ? { node, number } : undefined;
}

/**
 * A server numbers what it appends. What waits for the log when that cannot be reached, and what is sent then, is handed
 * to the sockets here at once; when it comes by the log later, they have had it. Meanwhile offsets carry a mark, so that
 * a client which moves to another server is not sent it again there.
 */
export class HeadStart {
  readonly #node: NodeId;
  readonly #waiting = new Map<number, Logged>();
  /** The latest of each namespace that sockets here have waited for. */
  readonly #latest = new Map<string, number>();
  #count = 0;
  #heard = 0;
  #taken = 0;

  constructor(node: NodeId) {
    this.#node = node;
  }

  /** The number of the next broadcast. */
  next(): number {
    return ++this.#count;
  }

  /** Up to which number sockets have had what may still come by the log; 0 when nothing may. */
  get outstanding(): number {
    return this.#taken > this.#heard ? this.#taken : 0;
  }

  /** What offsets end with. */
  get mark(): string {
    return this.outstanding === 0 ? "" : `!${this.#node}!${this.#taken.toString(36)}`;
  }

  /** Up to which number all has come by the log that sockets here wait for. */
  get heard(): number {
    return this.#heard;
  }

  /** What of a namespace is still to come by the log; nothing when the sockets here wait for none. */
  coming(nsp: string): Mark[] {
    const number = this.#latest.get(nsp) ?? 0;
    return number > this.#heard ? [{ node: this.#node, number }] : [];
  }

  /** The same of what has not been handed to the sockets here. */
  awaited(nsp: string): Mark[] {
    return this.coming(nsp).filter(({ number }) => number > this.#taken);
  }

  /** Sockets here wait for it to come by the log. */
  wait(order: Logged): void {
    this.#waiting.set(order.copy, order);
    this.#latest.set(order.nsp, order.copy);
  }

  /** All that is waited for, oldest first. */
  get waiting(): Logged[] {
    return [...this.#waiting.values()];
  }

  /** The sockets here are handed it now. */
  take({ copy }: Logged): void {
    this.#waiting.delete(copy);
    this.#taken = copy;
  }

  /** It has come by the log; returns whether sockets have had it. */
  hear(number: number): boolean {
    this.#heard = number;
    for (const waiting of this.#waiting.keys()) {
      if (waiting > number) break;
      this.#waiting.delete(waiting);
    }
    return number <= this.#taken;
  }
}
