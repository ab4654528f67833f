/** The client: what do a call with ack and an idle connection cost at the other end? */

/** @type {import("../scenario.mjs").Scenario} */
export const scenario = {
  name: "client",
  kind: "clients",
  subjects: ["sockeye", "socketio"],
  fresh: true,
  sizes: {
    full: { steps: [100, 500, 2_000], warmUp: 20_000, count: 60_000 },
    quick: { steps: [100, 200, 700], warmUp: 10_000, count: 15_000 },
    tiny: { steps: [2, 4, 8], warmUp: 10, count: 50 },
  },
  figures: () => [
    { key: "client-echo", label: "client: event with ack, 10 in flight", unit: "µs" },
    { key: "client-rss", label: "client: RSS per idle connection", unit: "KB" },
    { key: "client-heap", label: "client: heap per idle connection", unit: "KB" },
  ],
  warmUp: async (stage, { steps: [busy = 0] = [], warmUp }) => {
    await stage.do("grow", busy);
    await stage.do("ask", warmUp);
  },
  measure: async (stage, { steps: [, few = 0, many = 0] = [], count }) => {
    const echo = await stage.cost(() => stage.do("ask", count));
    await stage.do("grow", few);
    const before = await stage.memory();
    await stage.do("grow", many);
    const after = await stage.memory();
    const perConnection = (/** @type {"rss" | "heap"} */ kind) =>
      (after[kind] - before[kind]) / (many - few) / 1_024;
    return { "client-echo": echo, "client-rss": perConnection("rss"), "client-heap": perConnection("heap") };
  },
};
