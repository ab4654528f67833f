/** One Engine.IO packet as one WebSocket frame. */
import { type Binary, toBytes } from "../bytes.ts";
import { ProtocolError } from "../errors.ts";
import { type DecodedEnginePacket, ENGINE_PACKET_TYPES, type EnginePacket } from "./packet.ts";

/**
 * Encodes a packet as one WebSocket frame: text with a type digit, or the bytes of a binary message.
 * A Uint8Array (or Buffer) is handed back as it came, without a copy.
 */
export function encodePacket({ type, data }: EnginePacket): string | Uint8Array {
  return typeof data === "object" && data
    ? toBytes(data)
    : `${ENGINE_PACKET_TYPES.indexOf(type)}${data ?? ""}`;
}

/**
 * Decodes one WebSocket frame; binary is always a message, and its data is what came.
 * @throws ProtocolError ERR_ENGINE_PACKET when the first character is no type digit
 */
export function decodePacket(frame: string | Binary): DecodedEnginePacket {
  if (typeof frame !== "string") return { type: "message", data: frame };
  const type = ENGINE_PACKET_TYPES[frame.charCodeAt(0) - 48];
  if (!type) throw new ProtocolError("ERR_ENGINE_PACKET", "a packet type 0-6", frame);
  return { type, data: frame.slice(1) };
}
