/** Connect over WebSocket only: what does it cost until a client is in its namespace? */
import { closeCrowd, openCrowd } from "../load/crowd.mjs";
import { costPerAnswer } from "../scenario.mjs";
import { webSocketServers } from "../subjects.mjs";

export const scenario = costPerAnswer({
  name: "connect",
  label: "connect (WebSocket only)",
  subjects: [...webSocketServers, "net"],
  sizes: {
    full: { warmUp: 3_000, count: 4_000 },
    quick: { warmUp: 1_000, count: 1_000 },
    tiny: { warmUp: 5, count: 20 },
  },
  warmUp: (stage, size) => open(stage, size.warmUp),
  measure: async (stage, size) => {
    const connect = await stage.cost(() => stage.do("open", size.count));
    await stage.do("close");
    return { connect };
  },
});

/**
 * @param {import("../stage.mjs").Stage} stage
 * @param {number | undefined} count
 */
async function open(stage, count) {
  await stage.do("open", count);
  await stage.do("close");
}

/** @param {{ port: number }} options */
export function load({ port }) {
  /** @type {Awaited<ReturnType<typeof openCrowd>>} */
  let clients = [];
  return {
    open: async (/** @type {number} */ connections) => {
      clients = await openCrowd({ port, connections });
      return connections;
    },
    close: () => closeCrowd(clients),
  };
}
