/** One of the playground's servers: it shares its port, what was said, and who is offline with the others. */
import { once } from "node:events";
import { createServer } from "node:http";
import { cluster } from "@sockeye/cluster";
import { openEngine } from "./engine.ts";
import { serve } from "./serve.ts";
import { SharedHistories } from "./shared-histories.ts";

interface NodeOptions {
  /** What it is called. */
  name: string;
  port: number;
  /** URL of the engine, if there is one. */
  engine: string | undefined;
}

/** Runs until it is told to close; a restart ends the process, and the primary makes another one. */
export async function runNode({ name, port, engine }: NodeOptions): Promise<void> {
  let close = async (): Promise<void> => process.exit();
  const end = (): void => void close();
  // Ctrl-C reaches the whole process group: the primary tells what is to be done.
  process.on("SIGINT", () => {});
  process.on("SIGTERM", () => {});
  process.on("disconnect", end);
  process.on("message", (message) => {
    if ((message as { playground?: unknown } | null)?.playground === "close") end();
  });
  try {
    const { bus, close: closeBus } = await openEngine(engine);
    const http = createServer();
    const histories = new SharedHistories();
    const io = serve(http, { node: name, histories, restart: end, server: { adapter: cluster(bus) } });
    histories.share(io);
    close = async () => {
      close = async () => {};
      await io.close();
      await closeBus();
      process.exit();
    };
    http.listen(port, "localhost");
    await once(http, "listening");
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    console.error(
      code === "EADDRINUSE"
        ? `Port ${port} is in use: try PORT=${port + 1} npm run start:cluster`
        : message || code,
    );
    process.exit(1);
  }
}
