/** Growth: do a delivery and a connection cost the same at 50,000 connections as at 1,000? */
import { CountedCrowd } from "../load/counted-crowd.mjs";

/** @type {import("../scenario.mjs").Scenario} */
export const scenario = {
  name: "growth",
  kind: "servers",
  subjects: ["sockeye", "socketio", "ws", "bun"],
  fresh: true,
  onRequest: ["quick"],
  sizes: {
    full: { connections: 50_000, steps: [1_000, 5_000, 20_000, 50_000], warmUp: 4_000, count: 40_000 },
    quick: { connections: 5_000, steps: [1_000, 5_000], warmUp: 2_000, count: 10_000 },
    tiny: { connections: 20, steps: [10, 20], warmUp: 10, count: 40 },
  },
  figures: ({ steps = [] }) =>
    steps.flatMap((step) => [
      { key: `growth-broadcast-${step}`, label: `${step} connections: broadcast, per delivery`, unit: "µs" },
      { key: `growth-connect-${step}`, label: `${step} connections: the next connection`, unit: "µs" },
    ]),
  warmUp: async (stage, { warmUp = 0, count = 0 }) => {
    await stage.do("grow", warmUp);
    await broadcast(stage, Math.ceil(count / warmUp));
    await stage.do("shrink");
  },
  measure: async (stage, { steps = [], count = 0 }) => {
    /** @type {Record<string, number>} */
    const figures = {};
    let open = 0;
    for (const step of steps) {
      const more = step - open;
      figures[`growth-connect-${step}`] = await stage.cost(() => grow(stage, more));
      const rounds = Math.ceil(count / step);
      figures[`growth-broadcast-${step}`] = await stage.cost(() => broadcast(stage, rounds));
      open = step;
    }
    return figures;
  },
};

/**
 * Opens connections evenly from all load generators.
 * @param {import("../stage.mjs").Stage} stage
 * @param {number} more
 */
export async function grow(stage, more) {
  const share = Math.ceil(more / stage.loads.length);
  const part = (/** @type {number} */ index) => Math.max(0, Math.min(share, more - index * share));
  await stage.all("grow", part);
  return more;
}

/**
 * One broadcast at a time, each awaited by all load generators.
 * @param {import("../stage.mjs").Stage} stage
 * @param {number} rounds
 * @returns {Promise<number>} deliveries
 */
export async function broadcast(stage, rounds) {
  let deliveries = 0;
  for (let round = 0; round < rounds; round++) {
    const delivered = stage.all("expectOne", () => undefined);
    await stage.all("ready", () => undefined);
    await stage.do("call");
    for (const count of await delivered) deliveries += count;
  }
  return deliveries;
}

/** @param {{ port: number, generator: number }} place */
export const load = (place) => new CountedCrowd(place).actions;
