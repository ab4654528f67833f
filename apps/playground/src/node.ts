/** One of the playground's servers, in a thread: it shares what was said, and who is offline, with the others. */
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { parentPort } from "node:worker_threads";
import { cluster } from "@sockeye/cluster";
import { openEngine } from "./engine.ts";
import { serve } from "./serve.ts";
import { SharedHistories } from "./shared-histories.ts";

export interface NodeOptions {
  /** What it is called. */
  name: string;
  /** URL of the engine, if there is one. */
  engine: string | undefined;
}

/** What a server tells the main thread: its port, that it leaves, or whether it can reach the engine. */
export type Report = { port: number | undefined } | { trouble: string | undefined };

/** Milliseconds over which a server that is restarted moves its clients to the others. */
const DRAIN = 500;

/**
 * Tells the main thread the port on which it listens, and runs until that says anything; or somebody restarts it: then it
 * is drained, the thread ends, and the main thread makes another one. Rejects when it cannot begin.
 */
export async function runNode({ name, engine }: NodeOptions): Promise<void> {
  const report = (told: Report): void => parentPort?.postMessage(told);
  const { bus, close: closeBus } = await openEngine(engine, (trouble) => report({ trouble }));
  const http = createServer();
  const histories = new SharedHistories();
  let closing = false;
  const end = async (leave: () => Promise<void>): Promise<void> => {
    if (closing) return;
    closing = true;
    await leave();
    await closeBus();
    process.exit();
  };
  const restart = (): void => {
    report({ port: undefined });
    void end(() => io.drain({ over: DRAIN }));
  };
  const io = serve(http, { node: name, histories, restart, server: { adapter: cluster(bus) } });
  histories.share(io);
  parentPort?.once("message", () => end(() => io.close()));
  http.listen(0, "127.0.0.1");
  await once(http, "listening");
  report({ port: (http.address() as AddressInfo).port });
}
