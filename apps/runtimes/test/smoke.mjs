/** What runs under each runtime: echoes by every transport; prints what came back, and ends by itself. */
import process from "node:process";
import { io } from "@sockeye/client";

const url = process.argv[2];
const bytes = new Uint8Array([0, 1, 255]);
const ways = {
  polling: { transports: ["polling"] },
  websocket: { transports: ["websocket"] },
  upgrade: {},
  headers: { transports: ["websocket"], extraHeaders: { "x-token": "t" } },
  race: { connect: "race" },
};
const results = {};
for (const [name, options] of Object.entries(ways)) {
  const socket = io(url, { forceNew: true, timeout: 5000, ...options });
  await socket.whenConnected({ timeout: 5000 });
  if (name === "upgrade" && socket.io.engine.transport.name === "polling") {
    await new Promise((resolve) => socket.io.engine.on("upgrade", resolve));
  }
  const [text, binary, token] = await socket.timeout(5000).emitWithAck("echo", "ä😀", bytes);
  results[name] = { transport: socket.io.engine.transport.name, text, binary: [...binary], token };
  socket.disconnect();
}
console.log(JSON.stringify(results));
