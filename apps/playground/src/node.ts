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

/** What a server tells the main thread: its port, or whether it can reach the engine. */
export type Report = { port: number } | { trouble: string | undefined };

/**
 * Tells the main thread the port on which it listens, and runs until that says anything, or somebody restarts it: then the
 * thread ends, and the main thread makes another one. Rejects when it cannot begin.
 */
export async function runNode({ name, engine }: NodeOptions): Promise<void> {
  const report = (told: Report): void => parentPort?.postMessage(told);
  const { bus, close: closeBus } = await openEngine(engine, (trouble) => report({ trouble }));
  const http = createServer();
  const histories = new SharedHistories();
  let closing = false;
  const end = async (): Promise<void> => {
    if (closing) return;
    closing = true;
    await io.close();
    await closeBus();
    process.exit();
  };
  const restart = (): void => void end();
  const io = serve(http, { node: name, histories, restart, server: { adapter: cluster(bus) } });
  histories.share(io);
  parentPort?.once("message", restart);
  http.listen(0, "127.0.0.1");
  await once(http, "listening");
  report({ port: (http.address() as AddressInfo).port });
}
