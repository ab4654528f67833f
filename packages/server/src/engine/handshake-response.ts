/** What middlewares get as answer of a WebSocket handshake: a real one, whose headers leave with the 101. */
import { type IncomingMessage, type OutgoingHttpHeaders, ServerResponse } from "node:http";
import type { Socket } from "node:net";
import type { Duplex } from "node:stream";

/** Every message of Node.js that goes out; its types know it of requests only. */
interface NamedHeaders {
  getRawHeaderNames(): string[];
}

/**
 * A middleware that answers by itself (a 401, a redirect) does so on the connection. Otherwise the headers that
 * were set are handed to the handshake, and the events `finish` and `close` follow as after any answer.
 */
export class HandshakeResponse extends ServerResponse {
  readonly #socket: Socket;
  readonly #endConnection = (): void => void this.#socket.end();

  constructor(request: IncomingMessage, socket: Duplex) {
    super(request);
    // Node.js hands out the connection's own socket, typed as the stream that it is.
    this.#socket = socket as Socket;
    this.shouldKeepAlive = false;
    this.assignSocket(this.#socket);
    this.once("finish", this.#endConnection);
  }

  /** Whether the handshake can go on: nobody has answered, and the client is still there. */
  get isOpen(): boolean {
    return !this.headersSent && !this.#socket.destroyed;
  }

  /** Leaves the connection to the handshake, and returns the headers that go with the 101, named as they were set. */
  switchProtocols(): OutgoingHttpHeaders {
    // Libraries that set headers at the last moment wait for this call.
    this.writeHead(101);
    const names = (this as unknown as NamedHeaders).getRawHeaderNames();
    const headers = Object.fromEntries(names.map((name) => [name, this.getHeader(name)]));
    this.off("finish", this.#endConnection);
    this.detachSocket(this.#socket);
    setImmediate(() => {
      this.emit("finish");
      this.emit("close");
    });
    return headers;
  }

  /** Answers with an error, and ends the connection. */
  refuse(status: number, body: string, headers?: OutgoingHttpHeaders): void {
    if (!this.isOpen) return;
    this.writeHead(status, { ...headers, Connection: "close", "Content-Length": Buffer.byteLength(body) });
    this.end(body);
  }
}
