/**
 * Latency at a fixed rate: questions leave when their time has come, however late the answers are, and
 * latency counts from that time, so a stall shows in every question that it held up (no coordinated omission).
 */
import { performance } from "node:perf_hooks";
import { openCrowd } from "../load/crowd.mjs";
import { payload } from "../load/exchange.mjs";
import { frame } from "../load/frames.mjs";
import { quantile } from "../statistics.mjs";
import { webSocketServers } from "../subjects.mjs";

const question = frame(`420${JSON.stringify(["echo", payload])}`);
const percentiles = { p50: 0.5, p90: 0.9, p99: 0.99, "p99.9": 0.999, max: 1 };

/** @type {import("../scenario.mjs").Scenario} */
export const scenario = {
  name: "latency",
  kind: "servers",
  subjects: webSocketServers,
  onRequest: ["quick"],
  sizes: {
    full: { connections: 100, rate: 10_000, seconds: 10, warmUp: 3 },
    quick: { connections: 100, rate: 5_000, seconds: 1.5, warmUp: 1 },
    tiny: { connections: 4, rate: 500, seconds: 0.2, warmUp: 0.1 },
  },
  figures: ({ rate }) =>
    Object.keys(percentiles).map((name) => ({
      key: `latency-${name}`,
      label: `latency at ${rate} calls/s, ${name}`,
      unit: "ms",
    })),
  warmUp: (stage, size) => stage.do("ask", { ...size, seconds: size.warmUp }),
  measure: (stage, size) => stage.do("ask", size),
};

/** @param {{ port: number, size: { connections: number } }} options */
export async function load({ port, size }) {
  const clients = await openCrowd({ port, connections: size.connections });
  return {
    ask: (/** @type {{ rate: number, seconds: number }} */ schedule) => askOnSchedule(clients, schedule),
  };
}

/**
 * @param {import("../load/websocket-client.mjs").WebSocketClient[]} clients
 * @param {{ rate: number, seconds: number }} schedule
 */
async function askOnSchedule(clients, { rate, seconds }) {
  const count = Math.round(rate * seconds);
  const latencies = await new Promise((resolve) => {
    /** @type {number[]} */
    const measured = [];
    const lanes = clients.map((client) => laneOf(client, measured, count, resolve));
    const start = performance.now();
    let sent = 0;
    const send = () => {
      const elapsed = performance.now() - start;
      for (; sent < count && (sent * 1_000) / rate <= elapsed; sent++) {
        lanes[sent % lanes.length]?.(start + (sent * 1_000) / rate);
      }
      if (sent < count) setImmediate(send);
    };
    send();
  });
  return Object.fromEntries(
    Object.entries(percentiles).map(([name, share]) => [`latency-${name}`, quantile(latencies, share)]),
  );
}

/**
 * One connection; its answers come in the order of its questions.
 * @param {import("../load/websocket-client.mjs").WebSocketClient} client
 * @param {number[]} measured where its latencies go
 * @param {number} count of latencies that all connections are to measure
 * @param {(measured: number[]) => void} done
 * @returns {(due: number) => void} asks the question that was due then
 */
function laneOf(client, measured, count, done) {
  /** @type {number[]} when the open questions were due */
  const open = [];
  client.onMessage = () => {
    measured.push(performance.now() - (open.shift() ?? Number.NaN));
    if (measured.length === count) done(measured);
  };
  return (due) => {
    open.push(due);
    client.queue(question);
    client.flush();
  };
}
