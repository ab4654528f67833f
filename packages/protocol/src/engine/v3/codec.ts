/** One Engine.IO v3 packet as one WebSocket frame: binary frames begin with a type byte. */
import { type Base64, decodeBase64, platformBase64 } from "../../base64.ts";
import { type Binary, toBytes } from "../../bytes.ts";
import { ProtocolError } from "../../errors.ts";
import * as v4 from "../codec.ts";
import { type DecodedEnginePacket, ENGINE_PACKET_TYPES, type EnginePacket } from "../packet.ts";

const MESSAGE = 4;

/** Encodes a packet as one WebSocket frame. */
export function encodePacket(packet: EnginePacket): string | Uint8Array {
  const frame = v4.encodePacket(packet);
  if (typeof frame === "string") return frame;
  const typed = new Uint8Array(frame.byteLength + 1);
  typed[0] = ENGINE_PACKET_TYPES.indexOf(packet.type);
  typed.set(frame, 1);
  return typed;
}

/** Encodes a packet as text: binary becomes `b`, the type digit and base64. */
export function encodePacketAsText(packet: EnginePacket, base64: Base64 = platformBase64): string {
  const frame = v4.encodePacket(packet);
  if (typeof frame === "string") return frame;
  return `b${ENGINE_PACKET_TYPES.indexOf(packet.type)}${base64.encode(frame)}`;
}

/**
 * Decodes one WebSocket frame, or one packet of a payload. Only messages may be binary.
 * @throws ProtocolError ERR_ENGINE_PACKET, ERR_BASE64
 */
export function decodePacket(frame: string | Binary, base64: Base64 = platformBase64): DecodedEnginePacket {
  if (typeof frame !== "string") return decodeBinary(toBytes(frame));
  if (frame.charCodeAt(0) !== 98) return v4.decodePacket(frame);
  if (frame[1] !== `${MESSAGE}`) throw new ProtocolError("ERR_ENGINE_PACKET", "a binary message b4", frame);
  return { type: "message", data: decodeBase64(frame.slice(2), base64) };
}

function decodeBinary(bytes: Uint8Array): DecodedEnginePacket {
  if (bytes[0] === MESSAGE) return { type: "message", data: bytes.subarray(1) };
  throw new ProtocolError("ERR_ENGINE_PACKET", `type byte ${MESSAGE} of a binary message`, bytes[0]);
}
