/** The scenario on three servers with one port: worker threads, or the workers of Node's cluster. */
import nodeCluster from "node:cluster";
import { type EventEmitter, once } from "node:events";
import type { Server as HttpServer } from "node:http";
import {
  getEnvironmentData,
  isMainThread,
  parentPort,
  setEnvironmentData,
  threadId,
  Worker,
} from "node:worker_threads";
import { type ClusterAdapter, cluster, connectWorkers, sharePort, threads, workers } from "@sockeye/cluster";
import { freePort } from "@sockeye/cluster/testing";
import { openTheatre, type StageOptions } from "../stage.ts";

/** What each server tells the first process, and that one its parent. */
export type Word = ["ready", url: string] | ["gone", id: string, reason: string];

const SERVERS = 3;
const host = "127.0.0.1";
const [kind, options = "{}"] = process.argv.slice(2);

if (isMainThread && nodeCluster.isPrimary) await lead();
else await serve();

async function lead(): Promise<void> {
  process.on("disconnect", () => process.exit());
  const start = kind === "threads" ? await threadStarter() : await workerStarter();
  let ready = 0;
  for (let n = 0; n < SERVERS; n++) {
    start().on("message", (word: Word) => {
      // The workers of Node's cluster have more to say to their primary.
      if (word[0] === "gone" || (word[0] === "ready" && ++ready === SERVERS)) say(word);
    });
  }
}

async function threadStarter(): Promise<() => EventEmitter> {
  setEnvironmentData("port", await freePort());
  return () => new Worker(new URL(import.meta.url), { argv: process.argv.slice(2) });
}

async function workerStarter(): Promise<() => EventEmitter> {
  connectWorkers();
  const port = await freePort();
  return () => nodeCluster.fork({ PORT: port });
}

async function serve(): Promise<void> {
  const given = JSON.parse(options) as StageOptions;
  const adapter = cluster(isMainThread ? workers() : threads());
  const server = { ...given.server, adapter: adapter as never };
  const { io, url } = await openTheatre("sockeye", { ...given, server }, listen);
  const main = io.of("/");
  const connections = main.adapter as unknown as ClusterAdapter;
  const name = isMainThread ? process.pid : threadId;
  for (const nsp of [main, io.of("/admin")]) {
    nsp.on("connection", (socket) => {
      socket.on("server", (answer) => answer(name, connections.clusterState.counts.relayed));
      socket.on("die", () => (isMainThread ? process.kill(process.pid, "SIGKILL") : process.exit()));
      socket.on("disconnect", (reason) => say(["gone", socket.id, reason]));
    });
  }
  while ((await connections.serverCount()) < SERVERS) await once(connections, "cluster_state");
  say(["ready", url]);
}

async function listen(http: HttpServer): Promise<void> {
  if (!isMainThread) return sharePort(http, { port: Number(getEnvironmentData("port")), host });
  http.listen(Number(process.env.PORT), host);
  await once(http, "listening");
}

/** At the end there may be nobody to hear it. */
function say(word: Word): void {
  if (isMainThread) process.send?.(word, undefined, undefined, () => {});
  else parentPort?.postMessage(word);
}
