/** Bare ws: the wire by hand, no framework. */
import { randomUUID } from "node:crypto";
import { createServer } from "node:http";
import { WebSocketServer } from "ws";
import { versionOf } from "../versions.mjs";
import { onBinary, onText, openPacket, pingInterval } from "./by-hand.mjs";
import { listen } from "./control.mjs";

const httpServer = createServer();
const server = new WebSocketServer({ server: httpServer, perMessageDeflate: false, maxPayload: 1_000_000 });
/** @type {Map<string, Set<import("ws").WebSocket>>} */
const rooms = new Map();

/** @type {(socket: import("ws").WebSocket) => import("./by-hand.mjs").Line} */
const lineOf = (socket) => ({
  text: (data) => socket.send(data),
  binary: (data) => socket.send(data),
  join: (room) => rooms.set(room, (rooms.get(room) ?? new Set()).add(socket)),
  toAll: (data) => sendAll(server.clients, data),
  toRoom: (room, data) => sendAll(rooms.get(room) ?? [], data),
});

/**
 * @param {Iterable<import("ws").WebSocket>} sockets
 * @param {string} data
 */
function sendAll(sockets, data) {
  for (const socket of sockets) socket.send(data);
}

server.on("connection", (socket) => {
  const state = { sid: randomUUID(), awaiting: undefined };
  const line = lineOf(socket);
  socket.on("message", (data, isBinary) => {
    if (isBinary) onBinary(state, /** @type {Buffer} */ (data), line);
    else onText(state, data.toString(), line);
  });
  socket.on("error", () => socket.terminate());
  socket.on("close", () => {
    for (const members of rooms.values()) members.delete(socket);
  });
  socket.send(openPacket(state.sid));
});

setInterval(() => sendAll(server.clients, "2"), pingInterval);
listen(`ws ${versionOf("ws")}`, httpServer);
