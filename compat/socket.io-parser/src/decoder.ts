/** The decoder of socket.io-parser, which emits what it has decoded. */
import { Emitter } from "@socket.io/component-emitter";
import type { Untyped } from "@sockeye/core";
import {
  guardDepth,
  isBinary,
  isBlob,
  Decoder as ProtocolDecoder,
  type Packet as ProtocolPacket,
} from "@sockeye/protocol";
import type { Packet } from "./packet.ts";

interface DecoderReservedEvents {
  decoded: (packet: Packet) => void;
}

type JSONReviver = (this: Untyped, key: string, value: Untyped) => Untyped;

export interface DecoderOptions {
  /** Handed to JSON.parse. */
  reviver?: JSONReviver;
  /** Most attachments of one packet. Default 10. */
  maxAttachments?: number;
}

/** Emits "decoded" with each packet. */
export class Decoder extends Emitter<NonNullable<unknown>, NonNullable<unknown>, DecoderReservedEvents> {
  readonly #decoder: ProtocolDecoder;

  constructor(opts?: DecoderOptions | JSONReviver) {
    super();
    const options = typeof opts === "function" ? { reviver: opts } : opts;
    this.#decoder = new ProtocolDecoder({ ...options, keepQuery: true }, guardDepth);
  }

  /**
   * Takes the next frame.
   * @throws ProtocolError for what cannot be (part of) a packet, TypeError for what is neither text nor binary
   */
  add(obj: Untyped): void {
    if (typeof obj !== "string" && !isBinary(obj) && !isBlob(obj))
      throw new TypeError(`Unknown type: ${obj}`);
    const packet = this.#decoder.push(obj as string);
    if (packet) this.emitReserved("decoded", present(packet));
  }

  /** Forgets a packet that has begun. */
  destroy(): void {
    this.#decoder.reset();
  }
}

/** Without the members that are undefined. */
function present({ type, nsp, id, data }: ProtocolPacket): Packet {
  const packet: Packet = { type, nsp };
  if (id !== undefined) packet.id = id;
  if (data !== undefined) packet.data = data;
  return packet;
}
