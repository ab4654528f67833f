/** Counts what a crowd receives from broadcasts. */

export class Deliveries {
  #missing = 0;
  #done = () => {};

  /** @param {import("./websocket-client.mjs").WebSocketClient[]} clients */
  watch(clients) {
    const count = () => {
      if (--this.#missing === 0) this.#done();
    };
    for (const client of clients) client.onMessage = count;
  }

  /**
   * @param {number} count
   * @returns {Promise<void>}
   */
  expect(count) {
    return new Promise((resolve) => {
      this.#missing = count;
      this.#done = resolve;
    });
  }
}
