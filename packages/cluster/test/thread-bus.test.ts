/** Worker threads are connected by a bus, and servers in them are a cluster. */
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { Worker } from "node:worker_threads";
import { FakeNamespace } from "@sockeye/adapter/testing";
import { cluster, type ThreadBus, threads } from "@sockeye/cluster";
import { describeBus, describeCluster } from "@sockeye/cluster/testing";
import { build } from "esbuild";
import { describe, expect, test } from "vitest";

let rigs = 0;

const open = async () => {
  const name = `test-${process.pid}-${++rigs}`;
  const buses: ThreadBus[] = [];
  return {
    async connect() {
      const bus = threads(name);
      buses.push(bus);
      return bus;
    },
    async close() {
      for (const bus of buses) bus.close();
    },
  };
};

describeBus({ describe, test }, "thread bus", open);
describeCluster({ describe, test }, "cluster on the thread bus", open);

/** A server in another thread, with one client in room "r1" that answers. */
const elsewhere = `
  import { FakeNamespace } from "@sockeye/adapter/testing";
  import { cluster, threads } from "@sockeye/cluster";
  import { parentPort, workerData } from "node:worker_threads";
  const nsp = new FakeNamespace("/");
  nsp.adapter = cluster(threads(workerData))(nsp);
  await nsp.adapter.init();
  const socket = nsp.connect("there");
  await nsp.adapter.addAll("there", new Set(["r1"]));
  parentPort.postMessage("ready");
  const { data } = await socket.heard("hello");
  nsp.adapter.broadcast({ type: 2, data: ["heard", data] }, { rooms: new Set(["r2"]) });
  parentPort.on("message", () => {});
`;

test("servers in different threads reach each other's clients", async () => {
  const { outputFiles } = await build({
    stdin: { contents: elsewhere, resolveDir: fileURLToPath(new URL(".", import.meta.url)), loader: "ts" },
    bundle: true,
    write: false,
    format: "esm",
    platform: "node",
    conditions: ["source"],
  });
  const name = `test-worker-${process.pid}`;
  const code = Buffer.from(outputFiles[0]?.text ?? "").toString("base64");
  const worker = new Worker(new URL(`data:text/javascript;base64,${code}`), { workerData: name });
  const ready = once(worker, "message");
  const bus = threads(name);
  const nsp = new FakeNamespace("/");
  const adapter = cluster(bus)(nsp);
  nsp.adapter = adapter;
  try {
    await adapter.init();
    const socket = nsp.connect("here");
    await adapter.addAll("here", new Set(["r2"]));
    await ready;
    adapter.broadcast({ type: 2, data: ["hello", 1] }, { rooms: new Set(["r1"]) });
    expect((await socket.heard("heard")).data).toEqual(["heard", ["hello", 1]]);
    expect((await adapter.fetchSockets({ rooms: new Set() })).map(({ id }) => id)).toEqual(["here", "there"]);
  } finally {
    await adapter.close();
    bus.close();
    await worker.terminate();
  }
});
