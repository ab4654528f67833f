/** Fails when the client is larger than promised: bytes after minification and brotli, of ES modules. */
import { brotliCompressSync } from "node:zlib";
import { bundleText } from "./bundle.mjs";

/** In bytes; a kilobyte is 1000 of them, as in the 11.7 KB of socket.io-client. */
const BUDGETS = [
  ["everything", 6000, `export * from "./index.ts"; export { default } from "./index.ts";`],
  [
    "WebSocket only",
    4800,
    `import { io, WebSocket } from "./slim.ts";
     export default (url: string) => io(url, { transports: [WebSocket] });`,
  ],
  ["engine client", undefined, `export * from "./engine/index.ts";`],
];

let failed = false;
for (const [name, budget, code] of BUDGETS) {
  const text = await bundleText(code);
  const size = brotliCompressSync(text).length;
  const over = budget !== undefined && size > budget;
  failed ||= over;
  const limit = budget === undefined ? "" : ` (at most ${budget})`;
  console.log(`${over ? "TOO LARGE " : ""}${name}: ${size} bytes${limit}, ${text.length} minified`);
}
if (failed) process.exit(1);
