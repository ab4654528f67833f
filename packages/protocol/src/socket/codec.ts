/** The port behind which encodings of Socket.IO packets are exchangeable. */
import type { Binary } from "../bytes.ts";
import type { Packet } from "./packet.ts";

/** The third parameter of JSON.stringify's replacer and JSON.parse's reviver. */
export type JsonTransform = (this: unknown, key: string, value: unknown) => unknown;

/** What a decoder lets through. A number that is left out has its default. */
export interface DecoderOptions {
  /** Most attachments of one packet. Default 10. */
  maxAttachments?: number | undefined;
  /** Most bytes of one packet, text (in UTF-16 units) and attachments in sum. Default: no limit of its own. */
  maxBytes?: number | undefined;
  /** Leaves the query string in the namespace, as EIO=3 clients need, who authenticate by it. Default false. */
  keepQuery?: boolean | undefined;
  /** Handed to JSON.parse. */
  reviver?: JsonTransform | undefined;
  /** Takes packets that a custom parser gives too late, or besides the first one of a frame. Default: they throw. */
  onLate?: ((packet: Packet) => void) | undefined;
}

/** MUST be stateless between two packets. */
export interface PacketEncoder {
  /** The frames of a packet: each becomes one Engine.IO message, in this order. */
  encode(packet: Packet): Array<string | Uint8Array>;
  /** The one text frame of a packet, without an array around it; undefined when `encode` must be asked. */
  encodeText(packet: Packet): string | undefined;
}

/** One for each connection. MUST throw ProtocolError, and nothing else, for what a peer can send. */
export interface PacketDecoder {
  /** Takes the next frame and returns the packet that it completes. */
  push(frame: string | Binary): Packet | undefined;
  /** True while a packet has begun whose attachments have not all come. */
  readonly awaiting: boolean;
  /** Forgets a packet that has begun. */
  reset(): void;
}

/** MUST NOT keep anything about a connection. */
export interface Codec {
  encoder(): PacketEncoder;
  decoder(options?: DecoderOptions): PacketDecoder;
}
