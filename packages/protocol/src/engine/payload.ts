/** Many Engine.IO packets in one polling body. */
import { type Base64, decodeBase64, platformBase64 } from "../base64.ts";
import { ProtocolError } from "../errors.ts";
import { decodePacket, encodePacket } from "./codec.ts";
import type { DecodedEnginePacket, EnginePacket } from "./packet.ts";

/** Between packets of one payload: U+001E, the record separator. */
const SEPARATOR = "\x1e";

export interface PayloadOptions {
  /** Default: the platform's btoa and atob. */
  base64?: Base64 | undefined;
  /** Most packets in one payload. Default: as many as there are. */
  maxPackets?: number | undefined;
}

/** Encodes one packet as text: binary becomes `b` + base64. */
export function encodePacketAsText(packet: EnginePacket, base64?: Base64): string {
  const frame = encodePacket(packet);
  return typeof frame === "string" ? frame : `b${(base64 ?? platformBase64).encode(frame)}`;
}

/**
 * Decodes one packet from text, where `b` + base64 is a binary message.
 * @throws ProtocolError ERR_ENGINE_PACKET, ERR_BASE64
 */
export function decodePacketFromText(text: string, base64?: Base64): DecodedEnginePacket {
  return decodePacket(text[0] === "b" ? decodeBase64(text.slice(1), base64) : text);
}

/** Encodes packets as one polling body. */
export function encodePayload(packets: readonly EnginePacket[], base64?: Base64): string {
  return packets.map((packet) => encodePacketAsText(packet, base64)).join(SEPARATOR);
}

/**
 * Decodes a polling body, all or nothing.
 * @throws ProtocolError ERR_ENGINE_PACKET, ERR_BASE64, ERR_PAYLOAD (more packets than maxPackets)
 */
export function decodePayload(
  body: string,
  { base64, maxPackets = 1e9 }: PayloadOptions = {},
): DecodedEnginePacket[] {
  const frames = body.split(SEPARATOR, maxPackets + 1);
  if (frames.length > maxPackets)
    throw new ProtocolError("ERR_PAYLOAD", `at most ${maxPackets} packets`, "more");
  return frames.map((frame) => decodePacketFromText(frame, base64));
}
