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

interface OnItsWay {
  readonly order: Logged;
  /** It comes into the log after this position. */
  readonly after: number;
  /** How many had been settled when it was known to be in the log. */
  settled: number | undefined;
}

/**
 * A server numbers what it appends. What waits for the log when that cannot be reached, and what is sent then, is handed
 * to the sockets here at once; when it comes by the log later, they have had it. Meanwhile offsets carry a mark, so that
 * a client which moves to another server is not sent it again there.
 */
export class HeadStart {
  readonly #node: NodeId;
  readonly #waiting = new Map<number, OnItsWay>();
  readonly #early = new Map<number, OnItsWay>();
  /** The latest of each namespace that sockets here wait for; ascending. */
  readonly #latest = new Map<string, number>();
  #count = 0;
  #heard = 0;
  #taken = 0;
  #settled = 0;

  constructor(node: NodeId) {
    this.#node = node;
  }

  /** The number of the next broadcast. */
  next(): number {
    return ++this.#count;
  }

  /** What offsets end with for who has had everything up to this number; by default what the sockets here have had. */
  mark(number: number = this.#taken): string {
    return number > this.#heard ? `!${this.#node}!${number.toString(36)}` : "";
  }

  /** Up to which number all has come by the log that sockets here wait for. */
  get heard(): number {
    return this.#heard;
  }

  /** What of a namespace is still to come by the log; nothing when the sockets here wait for none. */
  coming(nsp: string): Mark[] {
    const number = this.#latest.get(nsp);
    return number === undefined ? [] : [{ node: this.#node, number }];
  }

  /** The same of what has not been handed to the sockets here. */
  awaited(nsp: string): Mark[] {
    return this.coming(nsp).filter(({ number }) => number > this.#taken);
  }

  /** It is on its way to the log, from which it comes here if that is listened to now. */
  wait(order: Logged, after: number, isHeard: boolean): void {
    this.#waiting.set(order.copy, { order, after, settled: undefined });
    if (!isHeard) return;
    this.#latest.delete(order.nsp);
    this.#latest.set(order.nsp, order.copy);
  }

  /** All that is waited for, oldest first. */
  get waiting(): Logged[] {
    return Array.from(this.#waiting.values(), ({ order }) => order);
  }

  /** How many are known to be in the log. */
  get settled(): number {
    return this.#settled;
  }

  /** All that who asked the log when so many were settled finds neither there nor here, oldest first. */
  early(settled: number): Logged[] {
    const missing = Array.from(this.#early.values()).filter((each) => (each.settled ?? Infinity) > settled);
    return missing.map(({ order }) => order);
  }

  /** After which position all is in the log that is not known to be there. */
  get after(): number {
    const outstanding = [...this.#early.values(), ...this.#waiting.values()];
    return outstanding.find(({ settled }) => settled === undefined)?.after ?? Number.POSITIVE_INFINITY;
  }

  /** It is in the log. */
  settle({ copy }: Logged): void {
    const known = this.#early.get(copy) ?? this.#waiting.get(copy);
    if (known) known.settled = ++this.#settled;
  }

  /** The sockets here are handed it now. */
  take({ copy }: Logged): void {
    const taken = this.#waiting.get(copy);
    this.#waiting.delete(copy);
    if (taken) this.#early.set(copy, taken);
    this.#taken = copy;
  }

  /** It does not come by the log. */
  drop({ copy }: Logged): void {
    this.#waiting.delete(copy);
    this.#early.delete(copy);
  }

  /** It has come by the log; returns whether the sockets that it was for have had it. */
  hear(number: number): boolean {
    this.#heard = number;
    for (const orders of [this.#waiting, this.#early]) {
      for (const copy of orders.keys()) {
        if (copy > number) break;
        orders.delete(copy);
      }
    }
    for (const [nsp, latest] of this.#latest) {
      if (latest > number) break;
      this.#latest.delete(nsp);
    }
    return number <= this.#taken;
  }
}
