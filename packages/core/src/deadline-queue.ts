/** Many deadlines of the same length behind one timer: the heartbeat of all connections. */
import type { Clock, Timer } from "./clock.ts";

/** An entry of a {@link DeadlineQueue}; the fields belong to the queue. */
export interface Deadline {
  /** In milliseconds since the queue began: a small integer, which V8 keeps without an object around it. */
  deadline: number;
  previousDeadline: Deadline | undefined;
  nextDeadline: Deadline | undefined;
}

/**
 * A first-in-first-out list of entries that all wait equally long, so the head is always the next to expire:
 * adding, removing and renewing are O(1), and one timer serves any number of entries. The entry itself is the
 * list's node, so that waiting costs no allocation.
 */
export class DeadlineQueue<Entry extends Deadline> {
  readonly #clock: Clock;
  readonly #duration: number;
  readonly #expire: (entry: Entry) => void;
  readonly #beginning: number;
  readonly #sweep = (): void => this.#expireDue();
  #head: Deadline | undefined;
  #tail: Deadline | undefined;
  #timer: Timer;

  /** @param duration how long every entry waits, in milliseconds */
  constructor(clock: Clock, duration: number, expire: (entry: Entry) => void) {
    this.#clock = clock;
    this.#duration = duration;
    this.#beginning = clock.now();
    this.#expire = expire;
  }

  /** Starts the entry's wait, or starts it again from now. */
  renew(entry: Entry): void {
    // The timer stays, also of one that waits alone: it would be set anew at each sign of life.
    this.#unlink(entry);
    entry.deadline = Math.ceil(this.#now() + this.#duration);
    entry.previousDeadline = this.#tail;
    if (this.#tail) this.#tail.nextDeadline = entry;
    else this.#head = entry;
    this.#tail = entry;
    this.#timer ??= this.#clock.setTimeout(this.#sweep, this.#duration);
  }

  /** Ends the entry's wait; an entry that does not wait here is left alone. */
  remove(entry: Entry): void {
    this.#unlink(entry);
    if (!this.#head) this.#stop();
  }

  #unlink(entry: Entry): void {
    const { previousDeadline: previous, nextDeadline: next } = entry;
    if (!previous && this.#head !== entry) return;
    if (previous) previous.nextDeadline = next;
    else this.#head = next;
    if (next) next.previousDeadline = previous;
    else this.#tail = previous;
    entry.previousDeadline = entry.nextDeadline = undefined;
  }

  /** By how many milliseconds an entry's deadline has passed. */
  lateness(entry: Entry): number {
    return this.#now() - entry.deadline;
  }

  #now(): number {
    return this.#clock.now() - this.#beginning;
  }

  #stop(): void {
    this.#clock.clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  #expireDue(): void {
    this.#timer = undefined;
    const now = this.#now();
    // Node.js timers may fire up to a millisecond early by the clock that now() reads.
    while (this.#head && this.#head.deadline - now < 1) {
      const entry = this.#head as Entry;
      this.remove(entry);
      this.#expire(entry);
    }
    // An expiry may have renewed entries and so have set the timer already.
    if (this.#head) this.#timer ??= this.#clock.setTimeout(this.#sweep, this.#head.deadline - now);
  }
}
