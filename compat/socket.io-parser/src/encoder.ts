/** The encoder of socket.io-parser: attachments leave as they came, Blobs too. */
import type { Untyped } from "@sockeye/core";
import { Encoder as ProtocolEncoder } from "@sockeye/protocol";
import type { Packet } from "./packet.ts";

export class Encoder {
  readonly #encoder: ProtocolEncoder;

  /** @param replacer handed to JSON.stringify */
  constructor(replacer?: (this: Untyped, key: string, value: Untyped) => Untyped) {
    this.#encoder = new ProtocolEncoder(replacer, (found) => found as Untyped);
  }

  /** The text of a packet, and its attachments behind it. */
  encode(obj: Packet): Untyped[] {
    return this.#encoder.encode(obj);
  }
}
