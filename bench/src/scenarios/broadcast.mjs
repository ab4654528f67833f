/** Broadcast to all: what does one delivery cost with 2,000 connections? */
import { openCrowd } from "../load/crowd.mjs";
import { Deliveries } from "../load/deliveries.mjs";
import { payload } from "../load/exchange.mjs";
import { frame } from "../load/frames.mjs";
import { costPerAnswer } from "../scenario.mjs";
import { webSocketServers } from "../subjects.mjs";

export const scenario = costPerAnswer({
  name: "broadcast",
  label: "broadcast to all, per delivery",
  subjects: [...webSocketServers, "net"],
  sizes: {
    full: { connections: 2_000, warmUp: 20, count: 50 },
    quick: { connections: 2_000, warmUp: 8, count: 12 },
    tiny: { connections: 10, warmUp: 2, count: 4 },
  },
});

/** @param {{ port: number, size: { connections: number } }} options */
export async function load({ port, size }) {
  const clients = await openCrowd({ port, connections: size.connections });
  const deliveries = new Deliveries();
  deliveries.watch(clients);
  const go = frame(`42${JSON.stringify(["all", payload])}`);
  return {
    ask: async (/** @type {number} */ broadcasts) => {
      for (let i = 0; i < broadcasts; i++) {
        const delivered = deliveries.expect(clients.length);
        clients[0]?.queue(go);
        clients[0]?.flush();
        await delivered;
      }
      return broadcasts * clients.length;
    },
  };
}
