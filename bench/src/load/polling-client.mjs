/** One simulated browser on long polling: two keep-alive TCP connections, HTTP by hand. */
import { connect } from "node:net";

const separator = "\x1e";
const headersEnd = Buffer.from("\r\n\r\n");
const agent =
  "User-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36";
const common = `Host: 127.0.0.1\r\nConnection: keep-alive\r\n${agent}\r\nAccept: */*\r\nOrigin: http://127.0.0.1\r\n`;

/** A keep-alive connection with one request at a time. */
class Requests {
  #socket;
  #received = /** @type {Buffer} */ (Buffer.alloc(0));
  /** @type {(body: string) => void} */
  #onBody = () => {};
  /** @type {(error: Error) => void} */
  #onError = () => {};

  /** @param {number} port */
  constructor(port) {
    this.#socket = connect({ host: "127.0.0.1", port, noDelay: true });
    this.#socket.on("data", (chunk) => this.#onData(chunk));
    this.#socket.on("error", (error) => this.#onError(error));
    this.#socket.on("close", () => this.#onError(new Error("The server closed the connection")));
  }

  /**
   * @param {Buffer} bytes a whole request
   * @returns {Promise<string>} the body of the answer
   */
  send(bytes) {
    return new Promise((resolve, reject) => {
      this.#onBody = resolve;
      this.#onError = reject;
      this.#socket.write(bytes);
    });
  }

  destroy() {
    this.#onError = () => {};
    this.#socket.destroy();
  }

  /** @param {Buffer} chunk */
  #onData(chunk) {
    this.#received = this.#received.length === 0 ? chunk : Buffer.concat([this.#received, chunk]);
    const end = this.#received.indexOf(headersEnd);
    if (end < 0) return;
    const start = end + headersEnd.length;
    const head = this.#received.toString("latin1", 0, end);
    const length = Number(/content-length: *(\d+)/i.exec(head)?.[1]);
    if (Number.isNaN(length)) return this.#onError(new Error(`No Content-Length in ${head}`));
    if (this.#received.length < start + length) return;
    const body = this.#received.toString("utf8", start, start + length);
    this.#received = this.#received.subarray(start + length);
    if (!head.startsWith("HTTP/1.1 200")) return this.#onError(new Error(`${head} ${body}`));
    this.#onBody(body);
  }
}

export class PollingClient {
  #gets;
  #posts;
  #get = Buffer.alloc(0);
  #path = "/socket.io/?EIO=4&transport=polling";

  /** @param {number} port */
  constructor(port) {
    this.#gets = new Requests(port);
    this.#posts = new Requests(port);
  }

  async connect() {
    const open = await this.#gets.send(this.#request("GET"));
    this.#path += `&sid=${JSON.parse(open.slice(1)).sid}`;
    this.#get = this.#request("GET");
    await this.#posts.send(this.post("40"));
    await this.#gets.send(this.#get);
  }

  /** @param {string} packet */
  post(packet) {
    return this.#request("POST", packet);
  }

  /**
   * Waits with a GET, POSTs, and settles once both are answered.
   * @param {Buffer} post made by `post`
   */
  async roundTrip(post) {
    const answer = this.#gets.send(this.#get);
    await this.#posts.send(post);
    let packets = (await answer).split(separator);
    while (!packets.some((packet) => packet.startsWith("42"))) {
      packets = (await this.#gets.send(this.#get)).split(separator);
    }
  }

  destroy() {
    this.#gets.destroy();
    this.#posts.destroy();
  }

  /**
   * @param {string} method
   * @param {string} [body]
   */
  #request(method, body) {
    const length = body ? `Content-Type: text/plain;charset=UTF-8\r\nContent-Length: ${body.length}\r\n` : "";
    return Buffer.from(`${method} ${this.#path} HTTP/1.1\r\n${common}${length}\r\n${body ?? ""}`);
  }
}
