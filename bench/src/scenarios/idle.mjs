/** Idle connections: what does the server keep for each of them? */
import { openCrowd } from "../load/crowd.mjs";
import { webSocketServers } from "../subjects.mjs";

/** @type {import("../scenario.mjs").Scenario} */
export const scenario = {
  name: "idle",
  kind: "servers",
  subjects: [...webSocketServers, "net"],
  fresh: true,
  sizes: {
    full: { steps: [2_000, 10_000] },
    quick: { steps: [1_000, 3_000] },
    tiny: { steps: [10, 60] },
  },
  figures: () => [
    { key: "rss", label: "RSS per idle connection", unit: "KB" },
    { key: "heap", label: "heap per idle connection", unit: "KB" },
  ],
  measure: async (stage, { steps: [few = 0, many = 0] = [] }) => {
    // The growth between two crowds, so that what the process needs anyway (and once) is not counted.
    await stage.do("grow", few);
    const before = await stage.memory();
    await stage.do("grow", many);
    const after = await stage.memory();
    const perConnection = (/** @type {"rss" | "heap"} */ kind) =>
      (after[kind] - before[kind]) / (many - few) / 1_024;
    return { rss: perConnection("rss"), heap: perConnection("heap") };
  },
};

/** @param {{ port: number }} options */
export function load({ port }) {
  let open = 0;
  return {
    grow: async (/** @type {number} */ connections) => {
      await openCrowd({ port, connections: connections - open, offset: open });
      open = connections;
      return open;
    },
  };
}
