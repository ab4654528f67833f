/** Many Engine.IO packets in one polling body. */
import { type Base64, decodeBase64, pureBase64 } from "../base64.ts";
import { ProtocolError } from "../errors.ts";
import { decodePacket, encodePacket } from "./codec.ts";
import type { DecodedEnginePacket, EnginePacket } from "./packet.ts";

/** Between packets of one payload: U+001E, the record separator. */
const SEPARATOR = "\x1e";

export interface PayloadOptions {
  /** Default: a pure implementation. */
  base64?: Base64 | undefined;
  /** Most packets in one payload. Default: as many as there are. */
  maxPackets?: number | undefined;
}

/** Encodes one packet as text: binary becomes `b` + base64. */
export function encodePacketAsText(packet: EnginePacket, base64: Base64 = pureBase64): string {
  const frame = encodePacket(packet);
  return typeof frame === "string" ? frame : `b${base64.encode(frame)}`;
}

/**
 * Decodes one packet from text, where `b` + base64 is a binary message.
 * @throws ProtocolError ERR_ENGINE_PACKET, ERR_BASE64
 */
export function decodePacketFromText(text: string, base64: Base64 = pureBase64): DecodedEnginePacket {
  if (text.charCodeAt(0) !== 98) return decodePacket(text);
  return { type: "message", data: decodeBase64(text.slice(1), base64) };
}

/** Encodes packets as one polling body. */
export function encodePayload(packets: readonly EnginePacket[], base64: Base64 = pureBase64): string {
  let body = "";
  for (const packet of packets) body += (body && SEPARATOR) + encodePacketAsText(packet, base64);
  return body;
}

/**
 * Decodes a polling body, all or nothing.
 * @throws ProtocolError ERR_ENGINE_PACKET, ERR_BASE64, ERR_PAYLOAD (more packets than maxPackets)
 */
export function decodePayload(body: string, options: PayloadOptions = {}): DecodedEnginePacket[] {
  const { base64 = pureBase64, maxPackets = Number.POSITIVE_INFINITY } = options;
  const packets: DecodedEnginePacket[] = [];
  for (let start = 0; start <= body.length; ) {
    if (packets.length >= maxPackets)
      throw new ProtocolError("ERR_PAYLOAD", `at most ${maxPackets} packets`, "more");
    const found = body.indexOf(SEPARATOR, start);
    const end = found < 0 ? body.length : found;
    packets.push(decodePacketFromText(body.slice(start, end), base64));
    start = end + 1;
  }
  return packets;
}
