/** Fails when the client is larger than promised: bytes after minification and brotli, of ES modules. */
import { brotliCompressSync } from "node:zlib";
import { bundleText } from "./bundle.mjs";

/**
 * In bytes; a kilobyte is 1000 of them, as in the 11.7 KB of socket.io-client 4.8. The limit is what we hold, so that
 * no change makes it worse unseen; the aim is where it is to go.
 */
const BUDGETS = [
  [
    "core, what socket.io-client has",
    { limit: 7030, aim: 6000 },
    `export * from "./core.ts"; export { default } from "./core.ts";`,
  ],
  [
    "core, WebSocket only",
    { limit: 5665, aim: 4800 },
    `import { io, WebSocket } from "./slim.ts";
     export default (url: string) => io(url, { transports: [WebSocket] });`,
  ],
  [
    "with everything of Sockeye",
    { limit: 8950 },
    `export * from "./index.ts"; export { default } from "./index.ts";`,
  ],
  ["engine client", { limit: 4460 }, `export * from "./engine/index.ts";`],
];

let failed = false;
for (const [name, { limit, aim }, code] of BUDGETS) {
  const text = await bundleText(code);
  const size = brotliCompressSync(text).length;
  failed ||= size > limit;
  const verdict = `${size > limit ? "TOO LARGE, " : ""}limit ${limit}${aim ? `, aim ${aim}` : ""}`;
  console.log(`${name}: ${size} bytes (${verdict}), ${text.length} minified`);
}
if (failed) process.exit(1);
