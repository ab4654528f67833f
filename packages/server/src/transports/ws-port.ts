/** The one port through which the engine knows WebSocket: native frames or the `ws` package behind it. */
import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import type {
  PerMessageDeflateOptions,
  PreparedFrames,
  WebSocketConnection,
  WebSocketHandler,
} from "@sockeye/websocket";

export type { PreparedFrames, WebSocketConnection, WebSocketHandler };

/** Headers that leave with the 101. */
export type HandshakeHeaders = Record<string, number | string | readonly string[] | undefined>;

/** Why a request is no WebSocket handshake. */
export interface HandshakeRefusal {
  readonly status: number;
  readonly text: string;
  readonly headers: Readonly<Record<string, string>>;
}

/** What the engine needs of a WebSocket implementation. */
export interface WebSocketEngine {
  /**
   * Answers a verified upgrade request with 101 and hands over the connection, at once or later; or returns why
   * the request is none, and leaves the answer to the caller.
   */
  accept(
    request: IncomingMessage,
    socket: Duplex,
    head: Buffer,
    headers: HandshakeHeaders,
    accepted: (connection: WebSocketConnection) => void,
  ): HandshakeRefusal | undefined;
  /** Makes the frames of messages once, for any connection of this engine. */
  prepare(messages: ReadonlyArray<string | Uint8Array>): PreparedFrames;
}

/** What is common to the settings of every WebSocket implementation. */
export interface WebSocketEngineOptions {
  /** Largest message, in bytes, after decompression. */
  maxPayload: number;
  perMessageDeflate: boolean | PerMessageDeflateOptions;
}
