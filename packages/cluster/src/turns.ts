/** What others say by the bus, in its turn: after what they have said before by the log. */
import type { Clock, Timer } from "@sockeye/core";
import type { NodeId } from "./message.ts";

type Task = () => void;

/** What one sender says: things to do, and places in the log to be read before what follows. */
interface Queue {
  readonly items: Array<number | Task>;
  timer: Timer;
}

/** Milliseconds to wait for a place in the log: it may be away, or trimmed. */
const PATIENCE = 1_000;

/** Places that have been read are remembered of so many senders, the latest: emitters come and go. */
const REMEMBERED = 1_024;

/** Keeps the order of each sender across bus and log; where nobody waits for the log, everything is done at once. */
export class Turns {
  readonly #clock: Clock;
  readonly #places = new Map<NodeId, number>();
  readonly #queues = new Map<NodeId, Queue>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** What this sender says from now on waits until its place of that number has been read. */
  hold(from: NodeId, place: number): void {
    const queue = this.#queues.get(from);
    if (queue) queue.items.push(place);
    else if (!this.#isRead(from, place)) this.#wait(from, { items: [place], timer: undefined });
  }

  /** Does it when it is its turn. */
  take(from: NodeId, task: Task): void {
    const queue = this.#queues.get(from);
    if (queue) queue.items.push(task);
    else task();
  }

  /** The log has been read up to this place of the sender. */
  read(from: NodeId, place: number): void {
    this.#places.delete(from);
    this.#places.set(from, place);
    const [oldest] = this.#places.keys();
    if (oldest !== undefined && this.#places.size > REMEMBERED) this.#places.delete(oldest);
    const queue = this.#queues.get(from);
    if (queue) this.#proceed(from, queue);
  }

  /** What comes now was said after all places before; the places of senders that nobody waits for need not be known. */
  heard(from: NodeId, number: number): void {
    if (this.#queues.has(from)) this.read(from, number);
  }

  /** The log cannot be read: nobody waits for it. */
  release(): void {
    for (const [from, queue] of this.#queues) this.#end(from, queue);
  }

  #isRead(from: NodeId, place: number): boolean {
    return (this.#places.get(from) ?? 0) >= place;
  }

  #wait(from: NodeId, queue: Queue): void {
    this.#queues.set(from, queue);
    queue.timer = this.#clock.setTimeout(() => this.#end(from, queue), PATIENCE);
  }

  #proceed(from: NodeId, queue: Queue): void {
    this.#clock.clearTimeout(queue.timer);
    for (let item = queue.items[0]; item !== undefined; item = queue.items[0]) {
      if (typeof item === "number" && !this.#isRead(from, item)) {
        this.#wait(from, queue);
        return;
      }
      queue.items.shift();
      if (typeof item === "function") item();
    }
    this.#queues.delete(from);
  }

  #end(from: NodeId, { items, timer }: Queue): void {
    this.#clock.clearTimeout(timer);
    for (let item = items.shift(); item !== undefined; item = items.shift()) {
      if (typeof item === "function") item();
    }
    this.#queues.delete(from);
  }
}
