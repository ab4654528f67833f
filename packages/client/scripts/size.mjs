/** Fails when the client is larger than promised: bytes after minification and brotli, of ES modules. */
import { brotliCompressSync } from "node:zlib";
import { bundleText } from "./bundle.mjs";

/**
 * In bytes; a kilobyte is 1000 of them, as in the 11.7 KB of socket.io-client 4.8. The limit is what we hold, so that
 * no change makes it worse unseen; the aim is where it is to go.
 */
const BUDGETS = [
  [
    "everything",
    { limit: 9250, aim: 6000 },
    `export * from "./index.ts"; export { default } from "./index.ts";`,
  ],
  [
    "WebSocket only",
    { limit: 7850, aim: 4800 },
    `import { io, WebSocket } from "./slim.ts";
     export default (url: string) => io(url, { transports: [WebSocket] });`,
  ],
  ["engine client", { limit: 5000 }, `export * from "./engine/index.ts";`],
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
