/** The codec alone: what do packets cost before any transport? */

const trials = {
  encode: "codec: encode an event",
  decode: "codec: decode an event",
  "encode-binary": "codec: encode an event with 1 KiB",
  "decode-binary": "codec: decode an event with 1 KiB",
};

/** @type {import("../scenario.mjs").Scenario} */
export const scenario = {
  name: "codec",
  kind: "codecs",
  subjects: ["sockeye", "socketio"],
  sizes: {
    full: { warmUp: 100_000, count: 300_000 },
    quick: { warmUp: 50_000, count: 100_000 },
    tiny: { warmUp: 100, count: 1_000 },
  },
  figures: () => Object.entries(trials).map(([key, label]) => ({ key: `codec-${key}`, label, unit: "µs" })),
  warmUp: async (stage, { warmUp }) => {
    for (const trial of Object.keys(trials)) await stage.do(trial, warmUp);
  },
  measure: async (stage, { count }) => {
    /** @type {Record<string, number>} */
    const figures = {};
    for (const trial of Object.keys(trials)) {
      figures[`codec-${trial}`] = await stage.cost(() => stage.do(trial, count));
    }
    return figures;
  },
};
