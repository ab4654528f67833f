/** A process full of clients under measurement, for every library with the interface of socket.io-client. */
import { answer } from "../answers.mjs";
import { inParallel } from "../load/crowd.mjs";
import { payload } from "../load/exchange.mjs";
import { runtime, vitals } from "../vitals.mjs";

const inFlight = 10;

/**
 * @typedef {object} ClientSocket
 * @property {(event: "connect" | "connect_error", listener: (...args: any[]) => void) => unknown} once
 * @property {(event: string, ...args: unknown[]) => unknown} emit
 */
/** @typedef {(url: string, options: { transports: string[], forceNew: boolean }) => ClientSocket} Connect */

/**
 * @param {string} library its name and version
 * @param {Connect} io
 */
export function beGuest(library, io) {
  /** @type {ClientSocket[]} */
  const sockets = [];
  let url = "";

  const grow = async (/** @type {number} */ connections) => {
    const more = connections - sockets.length;
    sockets.push(...(await inParallel(more, 50, () => connected(io, url))));
    return sockets.length;
  };
  const ask = (/** @type {number} */ count) => askMany(sockets, count);

  answer({
    ...vitals,
    hello: () => ({ library, runtime }),
    open: ({ port }) => {
      url = `http://127.0.0.1:${port}`;
    },
    do: ({ action, details }) => (action === "grow" ? grow(details) : ask(details)),
  });
}

/**
 * @param {Connect} io
 * @param {string} url
 * @returns {Promise<ClientSocket>}
 */
function connected(io, url) {
  return new Promise((resolve, reject) => {
    const socket = io(url, { transports: ["websocket"], forceNew: true });
    socket.once("connect", () => resolve(socket));
    socket.once("connect_error", reject);
  });
}

/**
 * @param {ClientSocket[]} sockets
 * @param {number} count
 * @returns {Promise<number>} once all acks are there
 */
function askMany(sockets, count) {
  let unasked = count;
  let unanswered = count;
  return new Promise((resolve) => {
    const ask = (/** @type {ClientSocket} */ socket) => {
      if (unasked-- <= 0) return;
      socket.emit("echo", payload, () => {
        if (--unanswered === 0) resolve(count);
        ask(socket);
      });
    };
    for (const socket of sockets) for (let i = 0; i < inFlight; i++) ask(socket);
  });
}
