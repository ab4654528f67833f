/** The playground on several servers: one port, three threads, and whichever engine a URL names between them. */
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { isMainThread, Worker, workerData } from "node:worker_threads";
import { engineName } from "./engine.ts";
import { front } from "./front.ts";
import { type NodeOptions, type Report, runNode } from "./node.ts";

const NODES = ["north", "south", "west"];

/** Milliseconds after which a server that does not end by itself is ended. */
const PATIENCE = 5_000;
/** Milliseconds that a server which was restarted, or has died, is away. */
const AWAY = 3_000;

const ports = new Map<string, number>();
const threads = new Set<Worker>();
/** Servers that cannot reach the engine. */
const cut = new Set<string>();
/** Whether that was said. */
let troubled = false;
let closing = false;

if (isMainThread) await lead().catch(giveUp);
else await runNode(workerData as NodeOptions);

async function lead(): Promise<void> {
  const engine = process.argv[2] ?? process.env.SOCKEYE_ENGINE;
  const over = `over ${engineName(engine)}`;
  const entrance = front(ports).listen(Number(process.env.PORT ?? 3000), "localhost");
  await once(entrance, "listening");
  process.on("SIGINT", close);
  process.on("SIGTERM", close);
  // Of a parent that has a channel to this process, such as a test: it has ended.
  process.on("disconnect", close);
  await Promise.all(NODES.map((name) => start({ name, engine })));
  const { port } = entrance.address() as AddressInfo;
  console.log(
    `Sockeye playground on ${NODES.length} servers (${NODES.join(", ")}), ${over}: http://localhost:${port}`,
  );
  console.log("Open it in two windows; each shows its server. Ctrl-C stops all of them.");
}

/** Resolves when the server listens, rejects when it cannot begin; later it is started anew whenever it has ended. */
function start(options: NodeOptions): Promise<void> {
  const thread = new Worker(new URL(import.meta.url), { workerData: options });
  threads.add(thread);
  thread.once("exit", () => {
    threads.delete(thread);
    ports.delete(options.name);
    cut.delete(options.name);
    if (!closing) setTimeout(() => start(options).catch(console.error), AWAY);
  });
  return new Promise((resolve, reject) => {
    thread.once("error", reject);
    thread.on("message", (report: Report) => {
      if ("trouble" in report) return onEngine(options, report.trouble);
      if (report.port === undefined) return ports.delete(options.name);
      ports.set(options.name, report.port);
      onEngine(options, undefined);
      thread.off("error", reject).on("error", console.error);
      resolve();
    });
  });
}

/** Says once for all servers that they wait for the engine, and once that all are there and none does any longer. */
function onEngine({ name, engine }: NodeOptions, trouble: string | undefined): void {
  if (trouble === undefined) cut.delete(name);
  else cut.add(name);
  if (!troubled && trouble !== undefined) {
    console.error(`${engineName(engine)} cannot be reached (${trouble}); the servers wait for it`);
    troubled = true;
  }
  if (troubled && cut.size === 0 && ports.size === NODES.length) {
    console.error(`${engineName(engine)} can be reached again`);
    troubled = false;
  }
}

async function close(): Promise<void> {
  if (closing) process.exit(1);
  closing = true;
  await Promise.all([...threads].map(end));
  process.exit();
}

async function end(thread: Worker): Promise<void> {
  const patience = setTimeout(() => void thread.terminate(), PATIENCE);
  const ended = once(thread, "exit");
  thread.postMessage("end");
  await ended;
  clearTimeout(patience);
}

function giveUp({ code, message, port }: NodeJS.ErrnoException & { port?: number }): never {
  const taken = `Port ${port} is in use: try PORT=${Number(port) + 1} npm run start:cluster`;
  console.error(code === "EADDRINUSE" ? taken : message || code);
  process.exit(1);
}
