/** Broadcast to a room of 100 among 10,000 sockets: does a small room cost its members only? */
import { openCrowd } from "../load/crowd.mjs";
import { Deliveries } from "../load/deliveries.mjs";
import { payload } from "../load/exchange.mjs";
import { frame } from "../load/frames.mjs";
import { costPerAnswer } from "../scenario.mjs";
import { webSocketServers } from "../subjects.mjs";

const members = 100;
const event = (/** @type {unknown[]} */ ...args) => frame(`42${JSON.stringify(args)}`);
const roomName = (/** @type {number} */ index) => `room-${index}`;
const join = (/** @type {string} */ room) => frame(`420${JSON.stringify(["join", room])}`);

export const scenario = costPerAnswer({
  name: "room",
  label: "broadcast to a room of 100, per delivery",
  subjects: webSocketServers,
  sizes: {
    full: { connections: 10_000, warmUp: 400, count: 1_000 },
    quick: { connections: 2_000, warmUp: 150, count: 240 },
    tiny: { connections: 200, warmUp: 2, count: 6 },
  },
});

/** @param {{ port: number, size: { connections: number } }} options */
export async function load({ port, size }) {
  const clients = await openCrowd({ port, connections: size.connections });
  const rooms = Math.floor(clients.length / members);
  await joinRooms(clients, rooms);
  const deliveries = new Deliveries();
  deliveries.watch(clients);
  const calls = Array.from({ length: rooms }, (_, room) => event("room", roomName(room), payload));

  const call = async (/** @type {number} */ room) => {
    const delivered = deliveries.expect(members);
    clients[room]?.queue(/** @type {Buffer} */ (calls[room]));
    clients[room]?.flush();
    await delivered;
  };
  return {
    ask: async (/** @type {number} */ broadcasts) => {
      for (let i = 0; i < broadcasts; i++) await call(i % rooms);
      return broadcasts * members;
    },
  };
}

/**
 * Settles once the server has confirmed every join.
 * @param {import("../load/websocket-client.mjs").WebSocketClient[]} clients
 * @param {number} rooms
 */
async function joinRooms(clients, rooms) {
  const confirmed = new Deliveries();
  confirmed.watch(clients);
  const all = confirmed.expect(clients.length);
  for (const [index, client] of clients.entries()) {
    client.queue(join(roomName(index % rooms)));
    client.flush();
  }
  await all;
}
