/** A real Redis for one test file, on a free loopback port. */
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { type AddressInfo, createServer } from "node:net";

export const redisInstalled = spawnSync("redis-server", ["--version"]).status === 0;
if (!redisInstalled)
  console.warn("SKIPPED: redis-server is missing; install it with: apt-get install redis-server");

export interface RedisServer {
  url: string;
  stop(): Promise<void>;
}

/** Starts redis-server without persistence; resolves when it accepts connections. */
export async function startRedis(): Promise<RedisServer> {
  const port = await freePort();
  const args = ["--port", String(port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"];
  const child = spawn("redis-server", args, { stdio: ["ignore", "pipe", "inherit"] });
  await ready(child);
  return {
    url: `redis://127.0.0.1:${port}`,
    async stop() {
      const exit = once(child, "exit");
      child.kill("SIGKILL");
      await exit;
    },
  };
}

async function ready(child: ChildProcess): Promise<void> {
  for await (const line of child.stdout ?? []) if (String(line).includes("Ready to accept")) break;
  child.stdout?.resume();
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return port;
}
