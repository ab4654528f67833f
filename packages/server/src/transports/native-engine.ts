/** Our own WebSocket layer behind the engine's port: the default. */
import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import {
  type PreparedFrames,
  Refusal,
  WebSocketServer,
  type WebSocketServerOptions,
} from "@sockeye/websocket";
import type { HandshakeHeaders, HandshakeRefusal, WebSocketConnection, WebSocketEngine } from "./ws-port.ts";

export class NativeEngine implements WebSocketEngine {
  readonly #server: WebSocketServer;

  constructor(options: WebSocketServerOptions) {
    this.#server = new WebSocketServer(options);
  }

  accept(
    request: IncomingMessage,
    socket: Duplex,
    head: Buffer,
    headers: HandshakeHeaders,
    accepted: (connection: WebSocketConnection) => void,
  ): HandshakeRefusal | undefined {
    const result = this.#server.accept(request, socket, head, { headers });
    if (result instanceof Refusal) return result;
    accepted(result);
    return undefined;
  }

  prepare(messages: ReadonlyArray<string | Uint8Array>): PreparedFrames {
    return this.#server.prepare(messages);
  }
}
