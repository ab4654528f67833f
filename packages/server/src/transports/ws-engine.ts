/** The `ws` package, or another one of its interface, behind the engine's WebSocket port. */
import { type IncomingMessage, validateHeaderName, validateHeaderValue } from "node:http";
import type { Duplex } from "node:stream";
import { PreparedFrames } from "@sockeye/websocket";
import type {
  HandshakeHeaders,
  WebSocketConnection,
  WebSocketEngine,
  WebSocketEngineOptions,
  WebSocketHandler,
} from "./ws-port.ts";

/** A WebSocket of the `ws` package. */
interface WsLike {
  readonly bufferedAmount: number;
  on(event: "message", listener: (data: string | Buffer, isBinary: boolean) => void): unknown;
  on(event: "close", listener: (code: number, reason: Buffer | string) => void): unknown;
  on(event: "error", listener: (error: Error) => void): unknown;
  send(
    data: string | Uint8Array,
    options: { compress: boolean; binary: boolean },
    sent: (error?: Error) => void,
  ): void;
  close(code?: number, reason?: string): void;
  terminate(): void;
}

interface WsServerLike {
  on(event: "headers", listener: (headers: string[], request: IncomingMessage) => void): unknown;
  handleUpgrade(request: IncomingMessage, socket: Duplex, head: Buffer, accepted: (ws: WsLike) => void): void;
}

/** The server class of `ws`, `eiows` or the like: what the option `wsEngine` takes. */
export type WsServerClass = new (options: Record<string, unknown>) => WsServerLike;

export class WsEngine implements WebSocketEngine {
  readonly #server: WsServerLike;
  readonly #headers = new WeakMap<IncomingMessage, HandshakeHeaders>();

  /** @throws TypeError when `Server` is not the server class of a `ws`-like package */
  constructor(Server: unknown, options: WebSocketEngineOptions) {
    if (typeof Server !== "function") {
      throw new TypeError(`expected wsEngine to be a WebSocket server class, got ${typeof Server}`);
    }
    this.#server = new (Server as WsServerClass)({ ...options, noServer: true, clientTracking: false });
    this.#server.on("headers", (lines, request) => {
      lines.push(...headerLines(this.#headers.get(request) ?? {}));
    });
  }

  accept(
    request: IncomingMessage,
    socket: Duplex,
    head: Buffer,
    headers: HandshakeHeaders,
    accepted: (connection: WebSocketConnection) => void,
  ): undefined {
    this.#headers.set(request, headers);
    this.#server.handleUpgrade(request, socket, head, (ws) => accepted(new WsConnection(ws, socket)));
  }

  prepare(messages: ReadonlyArray<string | Uint8Array>): PreparedFrames {
    return new PreparedFrames(messages);
  }
}

const uncork = (socket: Duplex): void => socket.uncork();

class WsConnection implements WebSocketConnection {
  handler: WebSocketHandler = NOBODY;
  tellsDrain = true;
  readonly #ws: WsLike;
  readonly #socket: Duplex;
  #unsent = 0;
  readonly #onSent = (): void => {
    this.#unsent--;
    if (this.#unsent === 0 && this.tellsDrain) this.handler.drained();
  };

  constructor(ws: WsLike, socket: Duplex) {
    this.#ws = ws;
    this.#socket = socket;
    ws.on("message", (data, isBinary) => {
      this.handler.received(isBinary || typeof data === "string" ? data : data.toString());
    });
    ws.on("close", (code, reason) => this.handler.closed(code, String(reason)));
    ws.on("error", (error) => this.handler.failed(error));
  }

  get bufferedAmount(): number {
    return this.#ws.bufferedAmount;
  }

  send(data: string | Uint8Array | PreparedFrames, compress = true): void {
    if (this.#unsent === 0) {
      this.#socket.cork();
      setImmediate(uncork, this.#socket);
    }
    if (data instanceof PreparedFrames) for (const message of data.messages) this.#send(message, compress);
    else this.#send(data, compress);
  }

  #send(data: string | Uint8Array, compress: boolean): void {
    this.#unsent++;
    this.#ws.send(data, { compress, binary: typeof data !== "string" }, this.#onSent);
  }

  close(code?: number, reason?: string): void {
    this.#ws.close(code, reason);
  }

  terminate(): void {
    this.#ws.terminate();
  }
}

const NOBODY: WebSocketHandler = { received() {}, drained() {}, closed() {}, failed() {} };

/** What the handshake itself says, and what a 101 answer cannot have. */
const RESERVED = /^(connection|content-length|keep-alive|sec-websocket-.*|transfer-encoding|upgrade)$/i;

/** @throws TypeError for a name or value that HTTP does not allow */
function headerLines(headers: HandshakeHeaders): string[] {
  const lines: string[] = [];
  for (const [name, value] of Object.entries(headers)) {
    if (value === undefined || RESERVED.test(name)) continue;
    validateHeaderName(name);
    for (const one of Array.isArray(value) ? value : [value]) {
      validateHeaderValue(name, String(one));
      lines.push(`${name}: ${one}`);
    }
  }
  return lines;
}
