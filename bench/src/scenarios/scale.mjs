/** Scale: what do 100,000 connections in one process need, idle and during a broadcast? */
import { performance } from "node:perf_hooks";
import { setTimeout as pause } from "node:timers/promises";
import { CountedCrowd } from "../load/counted-crowd.mjs";
import { broadcast, grow } from "./growth.mjs";

const broadcasts = 3;

/** @type {import("../scenario.mjs").Scenario} */
export const scenario = {
  name: "scale",
  kind: "servers",
  subjects: ["sockeye"],
  fresh: true,
  onRequest: ["full", "quick"],
  sizes: {
    full: { connections: 100_000, steps: [100_000], seconds: 30 },
    quick: { connections: 10_000, steps: [10_000], seconds: 5 },
    tiny: { connections: 20, steps: [20], seconds: 0.1 },
  },
  figures: ({ steps: [connections] = [] }) => [
    { key: "scale-connect", label: `${connections} connections: CPU to open one`, unit: "µs" },
    { key: "scale-rss", label: "RSS of the process", unit: "MB" },
    { key: "scale-heap", label: "heap of the process", unit: "MB" },
    { key: "scale-idle", label: "CPU when idle, heartbeats included", unit: "ms/s" },
    { key: "scale-broadcast", label: "one broadcast: CPU per delivery", unit: "µs" },
    { key: "scale-wall", label: "one broadcast: until the last one has it", unit: "ms" },
    { key: "scale-stall", label: "one broadcast: longest event-loop stall", unit: "ms" },
  ],
  measure: async (stage, { steps: [connections = 0] = [], seconds = 0 }) => {
    const connect = await stage.cost(() => grow(stage, connections));
    const { rss, heap } = await stage.memory();
    const idle = await stage.cost(async () => {
      await pause(seconds * 1_000);
      return seconds * 1_000;
    });
    await stage.measured.ask("watchStalls");
    const begin = performance.now();
    const delivery = await stage.cost(() => broadcast(stage, broadcasts));
    return {
      "scale-connect": connect,
      "scale-rss": rss / 2 ** 20,
      "scale-heap": heap / 2 ** 20,
      "scale-idle": idle,
      "scale-broadcast": delivery,
      "scale-wall": (performance.now() - begin) / broadcasts,
      "scale-stall": await stage.measured.ask("longestStall"),
    };
  },
};

/** @param {{ port: number, generator: number }} place */
export const load = (place) => new CountedCrowd(place).actions;
