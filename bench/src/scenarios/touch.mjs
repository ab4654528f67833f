/** Touch: does work on a few sockets cost the same among 50,000 as among 1,000? */
import { CountedCrowd } from "../load/counted-crowd.mjs";
import { grow } from "./growth.mjs";

/** @type {import("../scenario.mjs").Scenario} */
export const scenario = {
  name: "touch",
  kind: "servers",
  subjects: ["sockeye", "socketio"],
  fresh: true,
  onRequest: ["quick"],
  sizes: {
    full: { connections: 50_000, steps: [1_000, 5_000, 20_000, 50_000], count: 100_000 },
    quick: { connections: 5_000, steps: [1_000, 5_000], count: 20_000 },
    tiny: { connections: 20, steps: [10, 20], count: 40 },
  },
  figures: ({ steps = [] }) =>
    steps.flatMap((step) => [
      { key: `touch-join-${step}`, label: `${step} connections: join a room and leave it`, unit: "µs" },
      { key: `touch-fetch-${step}`, label: `${step} connections: fetchSockets of a room of 10`, unit: "µs" },
    ]),
  measure: async (stage, { steps = [], count = 0 }) => {
    const cost = (/** @type {string} */ question, /** @type {number} */ times) =>
      stage.cost(() => stage.measured.ask(question, times));
    /** @type {Record<string, number>} */
    const figures = {};
    let open = 0;
    for (const step of steps) {
      await grow(stage, step - open);
      open = step;
      // The first rounds warm up, so that the first step is not the dearest.
      for (let round = 0; round < 4; round++) {
        figures[`touch-join-${step}`] = await cost("joinAndLeave", count);
        figures[`touch-fetch-${step}`] = await cost("fetchFew", count / 10);
      }
    }
    return figures;
  },
};

/** @param {{ port: number, generator: number }} place */
export const load = (place) => new CountedCrowd(place).actions;
