/** Event answered by an event: what does a message cost when it travels alone? */
import { openCrowd } from "../load/crowd.mjs";
import { exchange, payload } from "../load/exchange.mjs";
import { frame } from "../load/frames.mjs";
import { costPerAnswer } from "../scenario.mjs";
import { webSocketServers } from "../subjects.mjs";

export const scenario = costPerAnswer({
  name: "msg",
  label: "event answered by event, 1 in flight",
  subjects: [...webSocketServers, "net"],
  sizes: {
    full: { connections: 100, warmUp: 40_000, count: 60_000 },
    quick: { connections: 100, warmUp: 15_000, count: 20_000 },
    tiny: { connections: 4, warmUp: 40, count: 200 },
  },
});

/** @param {{ port: number, size: { connections: number } }} options */
export async function load({ port, size }) {
  const clients = await openCrowd({ port, connections: size.connections });
  return { ask: exchange(clients, [frame(`42${JSON.stringify(["msg", payload])}`)], () => 0) };
}
