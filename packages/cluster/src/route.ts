/** Which topics a message for rooms goes to; for rooms that others were told to join, more than those that listen already. */
import type { Clock } from "@sockeye/core";
import type { Order } from "./message.ts";
import type { Topics } from "./topics.ts";

/** Milliseconds after which a server that was told to fill a room hears of it for sure. */
const SETTLING = 5_000;

/** The messages of one sender, whose order the bus keeps: what follows a `socketsJoin` reaches those who have joined. */
export class Route {
  readonly #topics: Topics;
  readonly #clock: Clock;
  readonly #maxCopies: number | undefined;
  /** Topics of rooms that are being filled, and until when; the oldest first. */
  readonly #settling = new Map<string, number>();

  /** @param maxCopies a message for more topics goes to the namespace's */
  constructor(topics: Topics, clock: Clock, maxCopies?: number) {
    this.#topics = topics;
    this.#clock = clock;
    this.#maxCopies = maxCopies;
  }

  /** For the servers that have members of these rooms; for all of the namespace when there are none. */
  topicsFor(nsp: string, rooms: ReadonlySet<string>): string[] {
    const topics = this.#topics.route(nsp, rooms, this.#maxCopies);
    const everywhere = this.#settling.size > 0 && topics.some((topic) => this.#isSettling(topic));
    return everywhere ? [this.#topics.namespace(nsp)] : topics;
  }

  /** Heeds what others are told: from now on, rooms that they fill are everywhere. */
  told(order: Order): void {
    if (order.kind !== "join") return;
    for (const room of order.rooms) this.#settle(this.#topics.room(order.nsp, room));
  }

  #isSettling(topic: string): boolean {
    return (this.#settling.get(topic) ?? 0) > this.#clock.now();
  }

  #settle(topic: string): void {
    const now = this.#clock.now();
    for (const [known, until] of this.#settling) {
      if (until > now) break;
      this.#settling.delete(known);
    }
    this.#settling.delete(topic);
    this.#settling.set(topic, now + SETTLING);
  }
}
