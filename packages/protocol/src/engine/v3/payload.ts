/** Many Engine.IO v3 packets in one polling body, as text or as bytes; each behind its length. */
import { type Base64, platformBase64 } from "../../base64.ts";
import { type Binary, toBytes } from "../../bytes.ts";
import { ProtocolError } from "../../errors.ts";
import { decodeUtf8, encodeUtf8 } from "../../utf8.ts";
import type { DecodedEnginePacket, EnginePacket } from "../packet.ts";
import type { PayloadOptions } from "../payload.ts";
import { decodePacket, encodePacket, encodePacketAsText } from "./codec.ts";

/** Ends the length of a packet in a binary payload. */
const LENGTH_END = 255;

/** Most digits of a length: as many as a safe integer may have. */
const MAX_DIGITS = 16;

/** Encodes packets as text: `<length in UTF-16 units>:<packet>`; no packets are `0:`. */
export function encodePayload(packets: readonly EnginePacket[], base64: Base64 = platformBase64): string {
  let body = "";
  for (const packet of packets) {
    const text = encodePacketAsText(packet, base64);
    body += `${text.length}:${text}`;
  }
  return body || "0:";
}

/**
 * Encodes packets as bytes: 0 (text) or 1 (binary), the digits of the length in bytes as numbers, 255, the packet.
 */
export function encodeBinaryPayload(packets: readonly EnginePacket[]): Uint8Array {
  const parts = packets.flatMap((packet) => {
    const frame = encodePacket(packet);
    const bytes = typeof frame === "string" ? encodeUtf8(frame) : frame;
    const digits = Array.from(`${bytes.byteLength}`, Number);
    return [Uint8Array.of(typeof frame === "string" ? 0 : 1, ...digits, LENGTH_END), bytes];
  });
  const body = new Uint8Array(parts.reduce((sum, part) => sum + part.byteLength, 0));
  let at = 0;
  for (const part of parts) {
    body.set(part, at);
    at += part.byteLength;
  }
  return body;
}

function refuse(got: unknown): never {
  throw new ProtocolError("ERR_PAYLOAD", "the length of a packet, and as much behind it", got);
}

/**
 * Decodes a polling body, all or nothing.
 * @throws ProtocolError ERR_PAYLOAD, ERR_ENGINE_PACKET, ERR_BASE64, ERR_UTF8
 */
export function decodePayload(body: string | Binary, options: PayloadOptions = {}): DecodedEnginePacket[] {
  const packets: DecodedEnginePacket[] = [];
  const { base64 = platformBase64, maxPackets = Number.POSITIVE_INFINITY } = options;
  const next = typeof body === "string" ? textReader(body) : binaryReader(toBytes(body));
  for (let frame = next(); frame !== undefined; frame = next()) {
    if (packets.length >= maxPackets)
      throw new ProtocolError("ERR_PAYLOAD", `at most ${maxPackets} packets`, "more");
    packets.push(decodePacket(frame, base64));
  }
  return packets;
}

/** Gives the packets of a text payload one by one, then undefined. */
function textReader(body: string): () => string | undefined {
  let at = body === "0:" ? body.length : 0;
  if (!body) refuse(body);
  return () => {
    if (at >= body.length) return undefined;
    let length = 0;
    let digits = 0;
    for (let code = body.charCodeAt(at); code > 47 && code < 58; code = body.charCodeAt(at + digits)) {
      length = length * 10 + code - 48;
      if (++digits > MAX_DIGITS) break;
    }
    const start = at + digits + 1;
    at = start + length;
    if (!digits || !length || body[start - 1] !== ":" || at > body.length) refuse(body);
    return body.slice(start, at);
  };
}

/** Gives the packets of a binary payload one by one, then undefined. */
function binaryReader(body: Uint8Array): () => string | Uint8Array | undefined {
  let at = 0;
  if (!body.length) refuse("no bytes");
  return () => {
    if (at >= body.length) return undefined;
    const kind = body[at] as number;
    let length = 0;
    let digits = 0;
    for (let digit = body[at + 1]; digit !== undefined && digit < 10; digit = body[at + 1 + digits]) {
      length = length * 10 + digit;
      if (++digits > MAX_DIGITS) break;
    }
    const start = at + digits + 2;
    at = start + length;
    if (kind > 1 || !digits || body[start - 1] !== LENGTH_END || at > body.length) refuse(`a marker ${kind}`);
    const bytes = body.subarray(start, at);
    return kind === 1 ? bytes : decodeUtf8(bytes);
  };
}
