/** Reconnect storm: all clients are gone and come back at once; when are they served again, and how hard is it? */
import { performance } from "node:perf_hooks";
import { closeCrowd, openCrowd } from "../load/crowd.mjs";
import { webSocketServers } from "../subjects.mjs";

/** Below what the kernel queues for a server, or TCP's retransmission timer would be what is measured. */
const handshakesAtOnce = 2_000;

/** @type {import("../scenario.mjs").Scenario} */
export const scenario = {
  name: "storm",
  kind: "servers",
  subjects: webSocketServers,
  fresh: true,
  onRequest: ["quick"],
  sizes: {
    full: { connections: 10_000 },
    quick: { connections: 2_000 },
    tiny: { connections: 30 },
  },
  figures: ({ connections }) => [
    { key: "storm-served", label: `${connections} clients come back: until all are served`, unit: "ms" },
    { key: "storm-cpu", label: `${connections} clients come back: CPU for each`, unit: "µs" },
    { key: "storm-stall", label: `${connections} clients come back: longest event-loop stall`, unit: "ms" },
  ],
  measure: async (stage) => {
    await stage.measured.ask("watchStalls");
    let served = Number.NaN;
    const cpu = await stage.cost(async () => {
      const storm = await stage.do("comeBack");
      served = storm.milliseconds;
      return storm.count;
    });
    const stall = await stage.measured.ask("longestStall");
    return { "storm-served": served, "storm-cpu": cpu, "storm-stall": stall };
  },
};

/** @param {{ port: number, size: { connections: number } }} options */
export async function load({ port, size: { connections } }) {
  const clients = await openCrowd({ port, connections });
  return {
    comeBack: async () => {
      const closed = closeCrowd(clients);
      const start = performance.now();
      const again = openCrowd({ port, connections, atOnce: handshakesAtOnce, offset: connections });
      await Promise.all([closed, again]);
      return { count: connections, milliseconds: performance.now() - start };
    },
  };
}
