/** The ports of a WebSocket: what an engine sees of a connection, whoever frames it. */
import type { PreparedFrames } from "./frame-writer.ts";

/**
 * Who is told what happens on a connection, by plain calls. After `closed` comes nothing. A call that throws
 * disturbs nothing but itself: the error surfaces as an uncaught exception of the process.
 */
export interface WebSocketHandler {
  /** A message: text as a string, binary as a Buffer that is the handler's to keep and to change. */
  received(data: string | Buffer): void;
  /**
   * Everything accepted by `send` is with the operating system: `bufferedAmount` is back to 0. At most once per turn
   * of the event loop, and only while `tellsDrain`.
   */
  drained(): void;
  /** Called exactly once: the peer's close code, 1005 if it gave none, 1006 if it sent no Close frame. */
  closed(code: number, reason: string): void;
  /** The peer broke the protocol (a WebSocketError), or the socket failed; `closed` follows. */
  failed(error: Error): void;
}

/**
 * One WebSocket. An implementation
 * - MUST NOT call the handler from within `accept`, `send`, `close` or the assignment of a handler, and MUST NOT lose
 *   what comes before the first handler is assigned;
 * - MUST keep the order of messages;
 * - MUST ignore `send` and `close` once the connection is closing.
 */
export interface WebSocketConnection {
  /**
   * Queues a message; it leaves with one write at the end of this turn of the event loop.
   * Binary data belongs to the connection until it has left. `compress` (default true) only matters if
   * permessage-deflate was agreed on.
   */
  send(data: string | Uint8Array | PreparedFrames, compress?: boolean): void;
  /** Bytes accepted by `send` and not yet by the operating system. */
  readonly bufferedAmount: number;
  /**
   * Begins the close handshake, behind what was sent before (RFC 6455, 7.1.2).
   * @throws RangeError if the code may not be sent, or the reason exceeds 123 bytes of UTF-8.
   */
  close(code?: number, reason?: string): void;
  /** Ends the connection at once; what was not yet sent is lost. */
  terminate(): void;
  handler: WebSocketHandler;
  /** Whether the handler's `drained` is called; default true. May be switched at any time before the turn ends. */
  tellsDrain: boolean;
}

/** Headers for the 101 answer. Those that belong to the handshake itself are left out. */
export type ExtraHeaders = Readonly<Record<string, number | string | readonly string[] | undefined>>;

export interface AcceptOptions {
  readonly headers?: ExtraHeaders;
  /** The subprotocol to agree on: one of those offered (default: the first), or none (`false`). */
  readonly protocol?: string | false;
}

/** The time port; `Clock` of @sockeye/core fits. */
export interface TimeSource {
  setTimeout(task: () => void, ms: number): unknown;
  clearTimeout(timer: unknown): void;
}
