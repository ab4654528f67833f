/** The servers of node:cluster: this process is their primary, and the bus. */
import cluster from "node:cluster";
import { once } from "node:events";
import { freePort } from "@sockeye/cluster/testing";
import { answer } from "../answers.mjs";
import { cpuOf } from "../process-cpu.mjs";
import { complete, start } from "./node.mjs";

/** @type {Record<string, () => Promise<{ make: import("./node.mjs").Make, prepare: () => void }>>} */
const makes = {
  sockeye: async () => {
    const { connectWorkers } = await import("@sockeye/cluster");
    return { make: (await import("./make-sockeye.mjs")).make, prepare: () => connectWorkers() };
  },
  socketio: async () => {
    const { setupPrimary } = await import("@socket.io/cluster-adapter");
    return {
      make: (await import("./make-socketio.mjs")).make,
      prepare: () => {
        cluster.setupPrimary({ serialization: "advanced" });
        setupPrimary();
      },
    };
  },
};

const [subject = ""] = process.argv.slice(2);
const { make, prepare } = await /** @type {() => ReturnType<typeof makes[string]>} */ (makes[subject])();

if (cluster.isPrimary) {
  prepare();
  const heard = { open: 0, complete: 0 };
  cluster.on("message", (_worker, message) => {
    if (message?.bench === "open" || message?.bench === "complete")
      heard[/** @type {"open"} */ (message.bench)]++;
  });
  const until = async (/** @type {"open" | "complete"} */ what, /** @type {number} */ count) => {
    while (heard[what] < count) await once(cluster, "message");
  };
  answer({
    open: async ({ nodes }) => {
      const ports = await Promise.all(Array.from({ length: nodes }, freePort));
      for (const port of ports) cluster.fork({ BENCH_PORT: String(port), BENCH_NODES: String(nodes) });
      await until("open", nodes);
      return ports;
    },
    complete: ({ nodes }) => until("complete", nodes),
    cpus: () => Object.values(cluster.workers ?? {}).map((worker) => cpuOf(worker?.process.pid)),
    received: () => [],
  });
} else {
  const { io } = await start(make, "workers", "", Number(process.env.BENCH_PORT));
  process.send?.({ bench: "open" });
  await complete(io, Number(process.env.BENCH_NODES));
  process.send?.({ bench: "complete" });
}
