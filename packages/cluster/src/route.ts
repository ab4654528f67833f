/** Which topics an order goes to; for rooms that others were told to join, more than those that listen already. */
import type { Clock } from "@sockeye/core";
import type { Order } from "./message.ts";
import type { Topics } from "./topics.ts";

/** Milliseconds after which a server that was told to fill a room hears of it for sure. */
const SETTLING = 5_000;

/** The orders of one sender, whose order the bus keeps: what follows a `socketsJoin` reaches those who have joined. */
export class Route {
  readonly #topics: Topics;
  readonly #clock: Clock;
  /** Topics of rooms that are being filled, and until when; the oldest first. */
  readonly #settling = new Map<string, number>();

  constructor(topics: Topics, clock: Clock) {
    this.#topics = topics;
    this.#clock = clock;
  }

  /** For the servers that have members of these rooms; for all of the namespace when there are none. */
  topicsFor(rooms: ReadonlySet<string>, order: Order): string[] {
    const topics = this.#topics.route(order.nsp, rooms);
    const everywhere = this.#settling.size > 0 && topics.some((topic) => this.#isSettling(topic));
    if (order.kind === "join")
      for (const room of order.rooms) this.#settle(this.#topics.room(order.nsp, room));
    return everywhere ? [this.#topics.namespace(order.nsp)] : topics;
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
