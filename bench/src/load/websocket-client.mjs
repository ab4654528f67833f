/** One simulated browser: a raw TCP connection that joined the default namespace over WebSocket. */
import { connect } from "node:net";
import { FrameReader, frame, text } from "./frames.mjs";

/** What a browser sends, so that servers have as much to parse and to keep as in real life. */
const handshake = Buffer.from(
  [
    "GET /socket.io/?EIO=4&transport=websocket HTTP/1.1",
    "Host: 127.0.0.1",
    "Connection: Upgrade",
    "Pragma: no-cache",
    "Cache-Control: no-cache",
    "User-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36",
    "Upgrade: websocket",
    "Origin: http://127.0.0.1",
    "Sec-WebSocket-Version: 13",
    "Accept-Encoding: gzip, deflate, br, zstd",
    "Accept-Language: en-US,en;q=0.9",
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
    "Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits",
    "\r\n",
  ].join("\r\n"),
);
const headersEnd = "\r\n\r\n";
const joinNamespace = frame("40");
const pong = frame("3");
const [open, ping, message, connected] = [..."0240"].map((digit) => digit.charCodeAt(0));

/** All connections read into this one buffer: each chunk is used up before the next one is read. */
const shared = Buffer.alloc(65_536);

export class WebSocketClient {
  /** @type {import("./frames.mjs").OnFrame} */
  onMessage = () => {};
  #socket;
  #reader = new FrameReader((opcode, buffer, start, end) => this.#onFrame(opcode, buffer, start, end));
  #upgraded = false;
  #head = "";
  /** @type {Buffer[]} what is to leave in one write once the chunk at hand is read */
  #outgoing = [];
  #onConnected = () => {};

  /** @param {{ port: number, localAddress?: string }} address */
  constructor(address) {
    const onread = { buffer: shared, callback: (/** @type {number} */ length) => this.#onRead(length) };
    this.#socket = connect({ ...address, host: "127.0.0.1", noDelay: true, onread });
    this.#socket.write(handshake);
  }

  /** Settles once the server has let this client into the namespace. */
  connected() {
    return new Promise((resolve, reject) => {
      this.#onConnected = () => resolve(undefined);
      this.#socket.on("error", reject);
      this.#socket.on("close", () => reject(new Error(`The server closed the connection ${this.#head}`)));
    });
  }

  /** @param {Buffer} bytes leaves with the other answers to the chunk being read */
  queue(bytes) {
    this.#outgoing.push(bytes);
  }

  flush() {
    const { length } = this.#outgoing;
    if (length === 0) return;
    this.#socket.write(
      length === 1 ? /** @type {Buffer} */ (this.#outgoing[0]) : Buffer.concat(this.#outgoing),
    );
    this.#outgoing.length = 0;
  }

  /** @returns {Promise<void>} */
  destroy() {
    if (this.#socket.closed) return Promise.resolve();
    this.#socket.destroy();
    return new Promise((resolve) => this.#socket.once("close", () => resolve()));
  }

  /** @param {number} length */
  #onRead(length) {
    const chunk = shared.subarray(0, length);
    if (this.#upgraded) this.#reader.push(chunk);
    else this.#readHead(chunk);
    this.flush();
    return true;
  }

  /** @param {Buffer} chunk */
  #readHead(chunk) {
    this.#head += chunk.toString("latin1");
    const end = this.#head.indexOf(headersEnd);
    if (end < 0) return;
    const rest = Buffer.from(this.#head.slice(end + headersEnd.length), "latin1");
    this.#upgraded = this.#head.startsWith("HTTP/1.1 101");
    if (!this.#upgraded) return void this.#socket.destroy();
    this.#head = "";
    this.#reader.push(rest);
  }

  /** @type {import("./frames.mjs").OnFrame} */
  #onFrame(opcode, buffer, start, end) {
    if (opcode !== text) return this.onMessage(opcode, buffer, start, end);
    const type = buffer[start];
    if (type === message && buffer[start + 1] === connected) this.#onConnected();
    else if (type === message) this.onMessage(opcode, buffer, start, end);
    else if (type === open) this.queue(joinNamespace);
    else if (type === ping) this.queue(pong);
  }
}
