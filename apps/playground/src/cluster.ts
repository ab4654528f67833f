/** The playground on several servers: one port, three processes, and whichever engine a URL names between them. */
import cluster, { type Worker } from "node:cluster";
import { connectWorkers } from "@sockeye/cluster";
import { engineName } from "./engine.ts";
import { runNode } from "./node.ts";

const NODES = ["north", "south", "west"];

/** Milliseconds after which a server that does not end by itself is ended. */
const PATIENCE = 5_000;
/** Milliseconds that a server which was restarted, or has died, is away. */
const AWAY = 3_000;

const port = Number(process.env.PORT ?? 3000);
const engine = process.argv[2] ?? process.env.SOCKEYE_ENGINE;

if (cluster.isPrimary) runPrimary();
else await runNode({ name: process.env.NODE_NAME ?? "", port, engine });

function runPrimary(): void {
  let name: string;
  try {
    name = engineName(engine);
  } catch (error) {
    console.error((error as Error).message);
    process.exit(1);
  }
  connectWorkers();
  let closing = false;
  const listening = new Set<string>();
  const fork = (node: string): void => {
    const worker = cluster.fork({ NODE_NAME: node });
    worker.once("listening", (address) => {
      worker.once("exit", () => {
        if (!closing) setTimeout(() => fork(node), AWAY);
      });
      if (listening.has(node)) return;
      listening.add(node);
      if (listening.size === NODES.length) greet(name, address.port);
    });
    worker.once("exit", (code) => {
      // One that could not begin has said why.
      if (!listening.has(node)) process.exit(code || 1);
    });
  };
  for (const node of NODES) fork(node);

  const close = (): void => {
    if (closing) process.exit(1);
    closing = true;
    const workers = Object.values(cluster.workers ?? {}).filter((worker) => worker !== undefined);
    void Promise.all(workers.map(ended)).then(() => process.exit(0));
  };
  process.on("SIGINT", close);
  process.on("SIGTERM", close);
  // Of a parent that has a channel to this process, such as a test: it has ended.
  process.on("disconnect", close);
}

function greet(name: string, at: number): void {
  console.log(
    `Sockeye playground on ${NODES.length} servers (${NODES.join(", ")}), ${name}: http://localhost:${at}`,
  );
  console.log("Open it in two windows; each shows its server. Ctrl-C stops all of them.");
}

function ended(worker: Worker): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => worker.process.kill("SIGKILL"), PATIENCE);
    worker.once("exit", () => {
      clearTimeout(timer);
      resolve();
    });
    worker.send({ playground: "close" }, () => {});
  });
}
