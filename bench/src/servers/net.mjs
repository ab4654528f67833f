/** WebSocket by hand on node:net's sockets: as little work as a server in JavaScript on Node.js can do, and no checks. */
import { hash, randomUUID } from "node:crypto";
import { createServer } from "node:http";
import { Socket } from "node:net";
import { onText, openPacket, pingInterval } from "./by-hand.mjs";
import { listen } from "./control.mjs";

const guid = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

/** All sockets read into one buffer, like those that are made with the option `onread`: see where it puts the two. */
const buffer = Buffer.alloc(65_536);
const callback = () => true;
const sample = new Socket(
  /** @type {import("node:net").SocketConstructorOpts} */ ({ onread: { buffer, callback } }),
);
const places = Object.getOwnPropertySymbols(sample);
/** @param {unknown} value */
const placeOf = (value) =>
  /** @type {symbol} */ (places.find((place) => Reflect.get(sample, place) === value));
const bufferPlace = placeOf(buffer);
const callbackPlace = placeOf(callback);

/** @typedef {Socket & { line: Line }} Attached */
/** @type {Set<Line>} */
const lines = new Set();
/** @type {Line[]} those that have something to send at the end of the turn */
let turn = [];

function endTurn() {
  const ending = turn;
  turn = [];
  for (const line of ending) line.flush();
}

class Line {
  state = { sid: randomUUID(), awaiting: undefined };
  /** What leaves with one write: a character per byte, as all texts here are ASCII. */
  #frames = "";
  #socket;

  /** @param {Socket} socket */
  constructor(socket) {
    this.#socket = socket;
  }

  flush() {
    this.#socket.write(this.#frames, "latin1");
    this.#frames = "";
  }

  /** @param {string} data */
  text(data) {
    if (this.#frames === "" && turn.push(this) === 1) setImmediate(endTurn);
    const { length } = data;
    const size = length < 126 ? [length] : [126, length >> 8, length & 255];
    this.#frames += String.fromCharCode(0x81, ...size) + data;
  }

  /** @param {string} data */
  toAll(data) {
    for (const line of lines) line.text(data);
  }

  binary() {}
  join() {}
  toRoom() {}
}

/** @this {Attached} @param {number} length @param {Buffer} bytes */
function onBytes(length, bytes) {
  for (let at = 0, end = 0; at < length; at = end) {
    const short = /** @type {number} */ (bytes[at + 1]) & 127;
    const start = at + (short < 126 ? 6 : 8);
    end = start + (short < 126 ? short : bytes.readUInt16BE(at + 2));
    for (let i = start; i < end; i++) {
      bytes[i] =
        /** @type {number} */ (bytes[i]) ^ /** @type {number} */ (bytes[start - 4 + ((i - start) & 3)]);
    }
    if (bytes[at] === 0x81) onText(this.line.state, bytes.toString("latin1", start, end), this.line);
  }
  return true;
}

const server = createServer();
server.on("upgrade", (request, stream) => {
  const socket = /** @type {Attached} */ (stream);
  const line = new Line(socket);
  lines.add(line);
  socket.on("error", () => socket.destroy()).on("end", () => socket.end());
  socket.on("close", () => lines.delete(line));
  const accept = hash("sha1", request.headers["sec-websocket-key"] + guid, "base64");
  socket.write(
    `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\n\r\n`,
  );
  Object.assign(socket, { line, [bufferPlace]: buffer, [callbackPlace]: onBytes });
  Reflect.get(socket, "_handle").useUserBuffer(buffer);
  socket.resume();
  line.text(openPacket(line.state.sid));
});

setInterval(() => {
  for (const line of lines) line.text("2");
}, pingInterval);
listen("node:net", server);
