/** The one port through which the engine knows WebSocket: native frames or the `ws` package behind it. */
import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";

/** Ready-made server frames; opaque, and only good for connections of the engine that made them. */
export type PreparedFrames = object;

/** What a connection reports to, by plain calls. `close` is called once, last, whatever happened. */
export interface WebSocketHandler {
  message(data: string | Buffer): void;
  /** What was sent has reached the operating system. */
  drain(): void;
  close(code: number, reason: string): void;
  error(error: Error): void;
}

/** One WebSocket. `handler` MUST be set in the same turn in which the connection is handed over. */
export interface WebSocketConnection {
  handler: WebSocketHandler;
  /** Queues one message, or ready frames; everything queued in one turn leaves with one write at its end. */
  send(data: string | Uint8Array | PreparedFrames, compress?: boolean): void;
  /** Bytes accepted by `send` and not yet by the operating system. */
  readonly bufferedAmount: number;
  close(code?: number, reason?: string): void;
  terminate(): void;
}

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
  /** permessage-deflate settings as of the `ws` package; `false` switches it off. */
  perMessageDeflate: boolean | object;
}
