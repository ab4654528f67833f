/** Long polling: what does one message there (POST) and back (GET) cost? */
import { inParallel } from "../load/crowd.mjs";
import { payload } from "../load/exchange.mjs";
import { PollingClient } from "../load/polling-client.mjs";
import { costPerAnswer } from "../scenario.mjs";

export const scenario = costPerAnswer({
  name: "polling",
  label: "long-polling round trip",
  subjects: ["sockeye", "socketio", "http"],
  fresh: true,
  sizes: {
    full: { connections: 100, warmUp: 4_000, count: 10_000 },
    quick: { connections: 50, warmUp: 1_500, count: 2_500 },
    tiny: { connections: 4, warmUp: 8, count: 40 },
  },
});

/** @param {{ port: number, size: { connections: number } }} options */
export async function load({ port, size }) {
  const clients = await inParallel(size.connections, size.connections, async () => {
    const client = new PollingClient(port);
    await client.connect();
    return { client, post: client.post(`42${JSON.stringify(["msg", payload])}`) };
  });
  return {
    ask: async (/** @type {number} */ count) => {
      const each = Math.ceil(count / clients.length);
      const talk = async (/** @type {typeof clients[number]} */ { client, post }) => {
        for (let i = 0; i < each; i++) await client.roundTrip(post);
      };
      await Promise.all(clients.map(talk));
      return each * clients.length;
    },
  };
}
