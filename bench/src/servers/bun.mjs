/** Bun's own WebSocket server (uWebSockets): the wire by hand, no framework. Runs under Bun only. */
import { onBinary, onText, openPacket, pingInterval } from "./by-hand.mjs";
import { introduce } from "./control.mjs";

/** @typedef {import("./bun-native.d.ts").BunSocket<import("./by-hand.mjs").State>} Socket */

const { Bun } = /** @type {import("./bun-native.d.ts").BunGlobal} */ (globalThis);
if (!Bun) throw new Error("This server runs under Bun");
const all = "all";

/** @type {(socket: Socket) => import("./by-hand.mjs").Line} */
const lineOf = (socket) => ({
  text: (data) => socket.send(data),
  binary: (data) => socket.send(data),
  join: (room) => socket.subscribe(room),
  toAll: (data) => server.publish(all, data),
  toRoom: (room, data) => server.publish(room, data),
});

const server = Bun.serve({
  hostname: "127.0.0.1",
  port: 0,
  fetch(request, server) {
    const taken = server.upgrade(request, { data: { sid: crypto.randomUUID(), awaiting: undefined } });
    return taken ? undefined : new Response("Upgrade required", { status: 426 });
  },
  websocket: {
    perMessageDeflate: false,
    sendPings: false,
    open(/** @type {Socket} */ socket) {
      socket.subscribe(all);
      socket.send(openPacket(socket.data.sid));
    },
    message(socket, message) {
      if (typeof message === "string") onText(socket.data, message, lineOf(socket));
      else onBinary(socket.data, message, lineOf(socket));
    },
    close() {},
  },
});

setInterval(() => server.publish(all, "2"), pingInterval);
introduce("Bun.serve", server.port);
