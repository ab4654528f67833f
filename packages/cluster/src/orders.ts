/** Orders on their way to other servers: what follows one, by the bus or in the log, finds it carried out. */
import type { Clock } from "@sockeye/core";
import { encodeMessage } from "./codec.ts";
import type { Journal } from "./journal.ts";
import type { Order } from "./message.ts";
import type { Outbox } from "./outbox.ts";
import { Route } from "./route.ts";
import type { Topics } from "./topics.ts";

export class Orders {
  readonly #route: Route;
  readonly #outbox: Outbox;
  readonly #journal: Journal | undefined;
  #copy = 0;

  /** @param journal where there is a log */
  constructor(topics: Topics, clock: Clock, outbox: Outbox, journal: Journal | undefined) {
    this.#route = new Route(topics, clock);
    this.#outbox = outbox;
    this.#journal = journal;
  }

  /** To the servers that have members of these rooms; to all of the namespace when there are none. */
  tell(rooms: ReadonlySet<string>, order: Order): void {
    const topics = this.#route.topicsFor(order.nsp, rooms);
    // A server that listens to several of them obeys once.
    if (topics.length > 1 && "copy" in order) order.copy = ++this.#copy;
    const keep = !("to" in order && order.to.volatile);
    const isFarewell = order.kind === "leave" || order.kind === "disconnect";
    const place = isFarewell && keep ? this.#journal?.markPlace(order.nsp, rooms) : undefined;
    if (place !== undefined) {
      const after = encodeMessage({ kind: "after", nsp: order.nsp, rooms: [...rooms], number: place });
      for (const topic of topics) this.#outbox.send(topic, after, keep);
    }
    const message = encodeMessage(order);
    for (const topic of topics) this.#outbox.send(topic, message, keep);
    this.#route.told(order);
    if (keep) this.#journal?.told(order, this.#outbox.left());
  }
}
