/** Workers of Node's cluster are connected by a bus over the primary, and servers in them are a cluster. */
import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { MessageChannel, type MessagePort } from "node:worker_threads";
import { type BusState, connectWorkers, WorkerBus, workers } from "@sockeye/cluster";
import { describeBus, describeCluster } from "@sockeye/cluster/testing";
import { build } from "esbuild";
import { describe, expect, test } from "vitest";
import type { Line } from "../src/worker-bus.ts";
import { WorkerSwitch } from "../src/worker-switch.ts";

/** A line as IPC is one: asynchronous, in order, with copies. */
function lineOf<Out, In>(port: MessagePort): Line<Out, In> {
  return {
    send: (message, sent) => {
      port.postMessage(message);
      setImmediate(sent, null);
    },
    receive: (listener) => void port.on("message", listener),
    closed: (listener) => void port.on("close", listener),
  };
}

async function open() {
  const hub = new WorkerSwitch();
  const ports: MessagePort[] = [];
  return {
    async connect() {
      const { port1, port2 } = new MessageChannel();
      ports.push(port1);
      hub.attach(lineOf(port1));
      const bus = new WorkerBus(lineOf(port2));
      await new Promise<void>((resolve) => bus.observe((state) => state === "up" && resolve()));
      return bus;
    },
    async close() {
      for (const port of ports) port.close();
    },
  };
}

describeBus({ describe, test }, "worker bus", open);
describeCluster({ describe, test }, "cluster on the worker bus", open);

test("a worker that does not keep up misses what is too much, is told so, and harms no other", async () => {
  const hub = new WorkerSwitch(10);
  const waiting: Array<(error: null) => void> = [];
  let fast: unknown[] = [];
  const slow: unknown[] = [];
  const attach = (said: (message: unknown) => void, sent: (done: (error: null) => void) => void) => {
    let say = (_message: never): void => {};
    hub.attach({
      send: (message, done) => {
        said(message[0] === "message" ? message[2].byteLength : message[0]);
        sent(done);
      },
      receive: (listener) => {
        say = listener;
      },
      closed: () => {},
    });
    return say as (message: unknown) => void;
  };
  const a = attach(
    (message) => fast.push(message),
    (done) => done(null),
  );
  const b = attach(
    (message) => slow.push(message),
    (done) => waiting.push(done),
  );
  for (const say of [a, b]) say(["subscribe", "t"]);
  for (const size of [6, 4, 1]) a(["publish", "t", new Uint8Array(size)]);
  for (const done of waiting.splice(0)) done(null);
  a(["publish", "t", new Uint8Array(3)]);
  fast = fast.slice(2);
  expect(fast).toEqual([6, 4, 1, 3]);
  expect(slow.slice(2)).toEqual([6, 4, "interrupted", 3]);
});

test("it reports down and refuses when the primary is gone", async () => {
  let close = (): void => {};
  let say = (_message: never): void => {};
  const bus = new WorkerBus({
    send: (_, sent) => sent(null),
    receive: (listener) => {
      say = listener;
    },
    closed: (listener) => {
      close = listener;
    },
  });
  const states: BusState[] = [];
  bus.observe((state) => states.push(state));
  (say as (message: unknown) => void)(["welcome"]);
  close();
  expect(states).toEqual(["down", "up", "down"]);
  await expect(bus.publish("t", new Uint8Array())).rejects.toThrow("primary");
});

test("each side says where it belongs", () => {
  expect(() => workers()).toThrow("worker of node:cluster");
});

/** Two workers with one port; the primary is the client. */
const program = `
  import nodeCluster from "node:cluster";
  import { once } from "node:events";
  import { createServer } from "node:http";
  import { io as connect } from "@sockeye/client";
  import { cluster, connectWorkers, workers } from "@sockeye/cluster";
  import { Server } from "@sockeye/server";

  if (nodeCluster.isPrimary) {
    connectWorkers();
    const ports = [];
    for (const n of [1, 2]) {
      const worker = nodeCluster.fork();
      ports.push((await once(worker, "listening"))[0].port);
    }
    // Port 0 is the same port for all workers, and Node hands connections to the workers by turns.
    const sockets = [];
    const names = new Set();
    while (names.size < 2) {
      const socket = connect("http://127.0.0.1:" + ports[0], { transports: ["websocket"], forceNew: true });
      names.add(await new Promise((resolve) => socket.once("worker", resolve)));
      sockets.push(socket);
    }
    const heard = sockets.map((socket) => new Promise((resolve) => socket.once("hi", (...args) => resolve(args))));
    sockets[0].emit("say", Buffer.from([0, 255]));
    const all = await Promise.all(heard);
    const found = await sockets[0].emitWithAck("count");
    const counted = all.map(([n, bytes]) => [n, [...new Uint8Array(bytes)]]);
    process.stdout.write(JSON.stringify({ ports: new Set(ports).size, counted, found, sockets: sockets.length }), () => process.exit());
  } else {
    const http = createServer();
    const io = new Server(http, { adapter: cluster(workers()), serveClient: false });
    io.on("connection", async (socket) => {
      await socket.join("room");
      socket.on("say", (bytes) => io.to("room").emit("hi", 1, bytes));
      socket.on("count", async (answer) => answer((await io.fetchSockets()).length));
      while ((await io.of("/").adapter.serverCount()) < 2) await once(io.of("/").adapter, "cluster_state");
      socket.emit("worker", nodeCluster.worker.id);
    });
    http.listen(0, "127.0.0.1");
  }
`;

test("servers in workers of Node's cluster share one port and reach each other's clients", async () => {
  const { outputFiles } = await build({
    stdin: { contents: program, resolveDir: fileURLToPath(new URL(".", import.meta.url)), loader: "ts" },
    bundle: true,
    write: false,
    format: "esm",
    platform: "node",
    conditions: ["source"],
    banner: {
      js: 'import * as nodeModule from "node:module"; const require = nodeModule.createRequire(import.meta.url);',
    },
  });
  const folder = await mkdtemp(join(tmpdir(), "sockeye-workers-"));
  try {
    const file = join(folder, "program.mjs");
    await writeFile(file, outputFiles[0]?.text ?? "");
    const { stdout } = await promisify(execFile)(process.execPath, [file], { timeout: 30_000 });
    const result = JSON.parse(stdout);
    const { sockets } = result;
    expect(result).toEqual({
      ports: 1,
      sockets,
      found: sockets,
      counted: Array(sockets).fill([1, [0, 255]]),
    });
  } finally {
    await rm(folder, { recursive: true });
  }
}, 40_000);

test("workers are connected before they are forked", () => {
  expect(connectWorkers).not.toThrow();
});
