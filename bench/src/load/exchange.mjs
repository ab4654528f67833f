/** Question and answer over many connections, a fixed number of questions in flight on each. */

/**
 * @param {import("./websocket-client.mjs").WebSocketClient[]} clients
 * @param {Buffer[]} questions the frames of one connection's questions in flight, one per slot
 * @param {(opcode: number, buffer: Buffer, start: number) => number} slotOf
 *   which question an incoming frame completes; -1 for none
 * @returns {(count: number) => Promise<number>} asks `count` questions, settles when all are answered
 */
export function exchange(clients, questions, slotOf) {
  let unasked = 0;
  let unanswered = 0;
  let done = () => {};

  /**
   * @param {import("./websocket-client.mjs").WebSocketClient} client
   * @param {number} slot
   */
  const ask = (client, slot) => {
    const question = questions[slot];
    if (unasked === 0 || !question) return;
    unasked--;
    // Calls in flight are independent of each other: each leaves with a write of its own.
    client.queue(question);
    client.flush();
  };

  for (const client of clients) {
    client.onMessage = (opcode, buffer, start) => {
      const slot = slotOf(opcode, buffer, start);
      if (slot < 0) return;
      if (--unanswered === 0) done();
      ask(client, slot);
    };
  }

  return (count) =>
    new Promise((resolve) => {
      unasked = unanswered = count;
      done = () => resolve(count);
      for (const client of clients) {
        for (let slot = 0; slot < questions.length; slot++) ask(client, slot);
      }
    });
}

/** The one text payload of all scenarios: 64 bytes. */
export const payload = "sixty-four bytes of text, as short as most events really are ...";

/** An ack id of one digit: `43<digit>[`. */
export const ackSlot = (/** @type {Buffer} */ buffer, /** @type {number} */ start) =>
  (buffer[start + 2] ?? 0) - 48;
