/** Many clients: opened a bounded number at a time, from as many loopback addresses as their ports need. */
import { WebSocketClient } from "./websocket-client.mjs";

/** Below the 28,000 ports that Linux hands out per source address. */
const clientsPerAddress = 15_000;

/**
 * Runs `make` for 0 .. count - 1, at most `atOnce` of them in flight.
 * @template T
 * @param {number} count
 * @param {number} atOnce
 * @param {(index: number) => Promise<T>} make
 */
export async function inParallel(count, atOnce, make) {
  /** @type {T[]} */
  const made = new Array(count);
  let next = 0;
  const lane = async () => {
    while (next < count) {
      const index = next++;
      made[index] = await make(index);
    }
  };
  await Promise.all(Array.from({ length: Math.min(atOnce, count) }, lane));
  return made;
}

/**
 * @param {object} options
 * @param {number} options.port
 * @param {number} options.connections
 * @param {number} [options.atOnce] handshakes in flight
 * @param {number} [options.offset] clients opened before: decides which source address is used
 * @param {number} [options.generator] which load generator this is: each has addresses of its own
 */
export function openCrowd({ port, connections, atOnce = 50, offset = 0, generator = 0 }) {
  return inParallel(connections, atOnce, async (index) => {
    const client = new WebSocketClient({ port, ...sourceOf(generator, offset + index) });
    await client.connected();
    return client;
  });
}

/**
 * Leaves the choice to the kernel while it can: to a socket bound to an address it does not give the ports of
 * connections closed in the last minute, and searches long for others.
 * @param {number} generator
 * @param {number} index
 */
function sourceOf(generator, index) {
  const block = Math.floor(index / clientsPerAddress);
  return generator + block === 0 ? {} : { localAddress: `127.0.${generator}.${1 + block}` };
}

/** @param {WebSocketClient[]} clients */
export async function closeCrowd(clients) {
  await Promise.all(clients.splice(0).map((client) => client.destroy()));
}
