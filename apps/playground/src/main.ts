/** The playground's process: one HTTP server with the page and the chat on it, closed cleanly by Ctrl-C. */
import { createServer } from "node:http";
import { fileURLToPath } from "node:url";
import { Server } from "@sockeye/server";
import sirv from "sirv";
import { type ChatServer, chat } from "./chat.ts";

const port = Number(process.env.PORT ?? 3000);
const page = sirv(fileURLToPath(new URL("../public", import.meta.url)), { dev: true });

const http = createServer((request, response) => page(request, response));
const io: ChatServer = new Server(http, { maxHttpBufferSize: 5_000_000 });
chat(io);

http.once("error", (error: NodeJS.ErrnoException) => {
  const hint =
    error.code === "EADDRINUSE" ? `Port ${port} is in use: try PORT=${port + 1} npm start` : error.message;
  console.error(hint);
  process.exit(1);
});
http.listen(port, "localhost", () => {
  const address = http.address();
  console.log(
    `Sockeye chat: http://localhost:${typeof address === "object" && address ? address.port : port}`,
  );
  console.log("Open it in two windows. Ctrl-C stops it.");
});

let closing = false;
const close = (): void => {
  if (closing) process.exit(1);
  closing = true;
  io.close().then(() => process.exit(0));
};
process.on("SIGINT", close);
process.on("SIGTERM", close);
