/**
 * Fails when the hooks are larger than promised: what they add to an app that has imported `io` alone, minified, after
 * brotli. That counts the parts of the client that only the hooks need, too.
 */
import { fileURLToPath } from "node:url";
import { brotliCompressSync } from "node:zlib";
import { build } from "esbuild";

const UNTYPED =
  "WebSocketProvider, WebSocketContext, useSocket, useWebSocketConnect, useWebSocketEventHandler, useSocketEvent, useSocketState, useEmit, useAck, useConnection";

/** In bytes; a kilobyte is 1000 of them. Bundlers leave out what an app does not import. */
const BUDGETS = [
  ["createSocketContext (provider and hooks)", 1500, "createSocketContext"],
  ["all untyped hooks", 1600, UNTYPED],
  ["createSocketContext, useRoom, usePresence", 2050, "createSocketContext, useRoom, usePresence"],
  ["createSocketContext, useSuspenseConnection", 1800, "createSocketContext, useSuspenseConnection"],
  ["everything", 2450, `createSocketContext, useSuspenseConnection, useRoom, usePresence, ${UNTYPED}`],
];

const resolveDir = fileURLToPath(new URL("../src", import.meta.url));

/** An app that uses some names of the hooks, and some of the client. */
async function sizeOf(names, client = "io") {
  const contents = `import { ${client} } from "@sockeye/client"; import { ${names} } from "./index.ts"; app(${client}, ${names || 0});`;
  const { outputFiles } = await build({
    stdin: { contents, resolveDir, loader: "ts" },
    bundle: true,
    minify: true,
    format: "esm",
    platform: "browser",
    target: "es2022",
    conditions: ["source"],
    external: ["react"],
    write: false,
  });
  return brotliCompressSync(outputFiles[0].contents).length;
}

const client = await sizeOf("");
let failed = false;
for (const [name, budget, names] of BUDGETS) {
  const size = (await sizeOf(names)) - client;
  failed ||= size > budget;
  const verdict = size > budget ? "TOO LARGE " : "";
  console.log(
    `${verdict}${name}: ${size} bytes (at most ${budget}) on top of an app with the client's io, ${client}`,
  );
}
console.log(`of each, ${(await sizeOf("", "io, observe")) - client} bytes are the client's observe()`);
if (failed) process.exit(1);
