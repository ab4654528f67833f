/** A growing crowd that waits for broadcasts; several of them, in several processes, can share a server. */
import { closeCrowd, openCrowd } from "./crowd.mjs";
import { Deliveries } from "./deliveries.mjs";
import { payload } from "./exchange.mjs";
import { frame } from "./frames.mjs";

const call = frame(`42${JSON.stringify(["all", payload])}`);

export class CountedCrowd {
  #place;
  #deliveries = new Deliveries();
  /** @type {import("./websocket-client.mjs").WebSocketClient[]} */
  #clients = [];

  actions = {
    grow: (/** @type {number} */ more) => this.#grow(more),
    shrink: () => closeCrowd(this.#clients),
    ready: () => {},
    expectOne: () => this.#expectOne(),
    call: () => this.#call(),
  };

  /** @param {{ port: number, generator: number }} place */
  constructor(place) {
    this.#place = place;
  }

  /** @param {number} more */
  async #grow(more) {
    const offset = this.#clients.length;
    const clients = await openCrowd({ ...this.#place, connections: more, offset });
    for (const client of clients) this.#clients.push(client);
    this.#deliveries.watch(clients);
    return this.#clients.length;
  }

  async #expectOne() {
    if (this.#clients.length > 0) await this.#deliveries.expect(this.#clients.length);
    return this.#clients.length;
  }

  #call() {
    this.#clients[0]?.queue(call);
    this.#clients[0]?.flush();
  }
}
