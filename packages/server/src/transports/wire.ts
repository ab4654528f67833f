/** How packets look on the wire, in both revisions of the protocol. */
import {
  type Base64,
  type DecodedEnginePacket,
  decodePayload,
  decodePacket as decodeV4,
  encodePacketAsText,
  encodePacket as encodeV4,
} from "@sockeye/protocol";
import * as v3 from "@sockeye/protocol/v3";
import type { Packet } from "../engine/transport.ts";

/** Base64 by the platform, many times faster than in JavaScript. */
const base64: Base64 = {
  encode: (bytes) => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("base64"),
  decode: (text) => Buffer.from(text, "base64"),
};

const RECORD_SEPARATOR = "\u001e";

export interface Wire {
  /** One packet as one frame. */
  encode(packet: Packet): string | Uint8Array;
  decode(frame: string | Buffer): DecodedEnginePacket;
  /** Packets as the body of a long-polling answer. */
  encodePayload(packets: readonly Packet[], supportsBinary: boolean): string | Uint8Array;
  /** The packets in the body of a POST. */
  decodePayload(body: Buffer, isBinary: boolean): DecodedEnginePacket[];
}

/** Prepared messages as the packets that they stand for. */
export function plainPackets(packets: readonly Packet[]): Packet[] {
  return packets.flatMap((packet) => {
    const { prepared, options } = packet;
    if (!prepared) return packet;
    return prepared.messages.map((data): Packet => ({ type: "message", data, options }));
  });
}

export const wireV4: Wire = {
  encode: encodeV4,
  decode: decodeV4,
  encodePayload(packets) {
    let body = "";
    for (const packet of packets) {
      if (body !== "") body += RECORD_SEPARATOR;
      body += packet.prepared ? packet.prepared.payload : encodePacketAsText(packet, base64);
    }
    return body;
  },
  decodePayload: (body) => decodePayload(body.toString("utf8"), { base64 }),
};

export const wireV3: Wire = {
  encode: v3.encodePacket,
  decode: (frame) => v3.decodePacket(frame, base64),
  encodePayload(packets, supportsBinary) {
    const plain = plainPackets(packets);
    const binary = supportsBinary && plain.some(({ data }) => data !== undefined && typeof data !== "string");
    return binary ? v3.encodeBinaryPayload(plain) : v3.encodePayload(plain, base64);
  },
  decodePayload: (body, isBinary) => v3.decodePayload(isBinary ? body : body.toString("utf8"), { base64 }),
};
