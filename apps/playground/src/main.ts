/** The playground's process: one server on one port, closed cleanly by Ctrl-C. */
import { Site } from "./site.ts";

const port = Number(process.env.PORT ?? 3000);
const site = new Site({ port });

try {
  await site.open();
} catch (error) {
  const { code, message } = error as NodeJS.ErrnoException;
  console.error(code === "EADDRINUSE" ? `Port ${port} is in use: try PORT=${port + 1} npm start` : message);
  process.exit(1);
}
console.log(`Sockeye playground: ${site.url}`);
console.log("Open it in two windows. Ctrl-C stops it.");

let closing = false;
const close = (): void => {
  if (closing) process.exit(1);
  closing = true;
  site.close().then(() => process.exit(0));
};
process.on("SIGINT", close);
process.on("SIGTERM", close);
// Of a parent that has a channel to this process, such as a test: it has ended.
process.on("disconnect", close);
