/** Makes WebSockets of upgrade requests. */
import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import { Connection } from "./connection.ts";
import { agree } from "./deflate-offer.ts";
import { PreparedFrames } from "./frame-writer.ts";
import { answer, chooseProtocol, readHandshake } from "./handshake.ts";
import { type Settings, settle, type WebSocketServerOptions } from "./options.ts";
import type { AcceptOptions, WebSocketConnection } from "./port.ts";
import { Refusal } from "./refusal.ts";

/** A WebSocket server without a listening socket: give it what an HTTP server's `upgrade` event brings. */
export class WebSocketServer {
  readonly #settings: Settings;

  /** @throws RangeError if an option is out of its range. */
  constructor(options: WebSocketServerOptions = {}) {
    this.#settings = settle(options);
  }

  /**
   * Answers the opening handshake and takes the socket over (RFC 6455, 4.2). Returns a refusal if the request is no
   * WebSocket handshake; nothing was then written: {@link refuse} it, or answer in another way.
   * @throws TypeError for an extra header HTTP does not allow; RangeError for a protocol that was not offered.
   */
  accept(
    request: IncomingMessage,
    socket: Duplex,
    head: Uint8Array,
    options: AcceptOptions = {},
  ): WebSocketConnection | Refusal {
    const handshake = readHandshake(request);
    if (handshake instanceof Refusal) return handshake;
    const protocol = chooseProtocol(handshake, options.protocol);
    const { deflate } = this.#settings;
    const agreement = deflate === undefined ? undefined : agree(handshake.extensions, deflate);
    const { headers } = options;
    const text = answer(handshake, { protocol, extensions: agreement?.header, headers });
    return new Connection(socket, head, text, this.#settings, agreement);
  }

  /** Makes the frames of messages once, for any number of connections of any server. */
  prepare(messages: ReadonlyArray<string | Uint8Array>): PreparedFrames {
    return new PreparedFrames(messages);
  }
}
