/** The built client under Node.js 20 (or whatever runs the tests), 22 and 24, Bun and Deno, with either server. */
import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { createServer } from "node:http";
import { createRequire } from "node:module";
import type { AddressInfo } from "node:net";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { Server as OurServer } from "@sockeye/server";
import { Server as OfficialServer } from "socket.io";
import { beforeAll, describe, expect, onTestFinished, test } from "vitest";

const run = promisify(execFile);
const require = createRequire(import.meta.url);
const root = fileURLToPath(new URL("../../..", import.meta.url));

/** The path of a file in a package; undefined when it is not installed, as on another platform. */
function binary(name: string, file: string): string | undefined {
  try {
    const path = join(dirname(require.resolve(`${name}/package.json`)), file);
    return existsSync(path) ? path : undefined;
  } catch {
    return undefined;
  }
}

function installed(name: string): string | undefined {
  const file = join(root, "conformance/runtimes/node_modules", name, "bin/node");
  return existsSync(file) ? file : undefined;
}

const platform = `${process.platform}-${process.arch}`;
const runtimes: [name: string, command: string | undefined, ...args: string[]][] = [
  ["this Node.js", process.execPath],
  // Brought by `npm test`: as dependencies they would take the place of `node` in every script.
  ["Node.js 22", installed(`node-22-${platform}`)],
  ["Node.js 24", installed(`node-${platform}`)],
  // Its installation moves the binary from the platform's package, where installations may run scripts.
  ["Bun", binary(`@oven/bun-${platform}`, "bin/bun") ?? binary("bun", "bin/bun.exe")],
  ["Deno", binary(`@deno/${platform}-glibc`, "deno"), "run", "--allow-all", "--no-check"],
];

beforeAll(async () => {
  await run(process.execPath, [join(root, "node_modules/typescript/bin/tsc"), "-b", "packages/client"], {
    cwd: root,
  });
}, 120_000);

interface Peer {
  handshake: { headers: Record<string, string | string[] | undefined> };
  on(event: "echo", listener: (text: string, bytes: Buffer, done: (answer: unknown[]) => void) => void): void;
}

const servers: [string, new (http: ReturnType<typeof createServer>) => unknown][] = [
  ["socket.io", OfficialServer],
  ["@sockeye/server", OurServer as never],
];

describe.each(servers)("with %s", (_name, Server) => {
  test.each(runtimes.filter(([, command]) => command))(
    "%s exchanges text and binary by every transport, and ends",
    { timeout: 60_000 },
    async (_runtime, command, ...args) => {
      const http = createServer();
      const io = new Server(http) as {
        close(): void;
        on(event: "connection", listener: (peer: Peer) => void): void;
      };
      onTestFinished(() => io.close());
      io.on("connection", (peer) => {
        peer.on("echo", (text, bytes, done) =>
          done([text, bytes, peer.handshake.headers["x-token"] ?? null]),
        );
      });
      await new Promise<void>((resolve) => http.listen(0, "127.0.0.1", resolve));
      const url = `http://127.0.0.1:${(http.address() as AddressInfo).port}`;
      const program = fileURLToPath(new URL("smoke.mjs", import.meta.url));
      const { stdout } = await run(command as string, [...args, program, url], { timeout: 50_000 });
      const echo = { text: "ä😀", binary: [0, 1, 255], token: null, transport: "websocket" };
      expect(JSON.parse(stdout)).toEqual({
        polling: { ...echo, transport: "polling" },
        websocket: echo,
        upgrade: echo,
        headers: { ...echo, token: "t" },
        race: echo,
      });
    },
  );
});
