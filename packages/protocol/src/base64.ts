/** Base64 for binary messages in text payloads, strict about what it reads. */
import { ProtocolError } from "./errors.ts";

/** How bytes become base64 and back. Node.js passes one that is based on Buffer. */
export interface Base64 {
  /** Standard alphabet, padded. */
  encode(bytes: Uint8Array): string;
  /** May skip or stop at characters that are not base64: {@link decodeBase64} notices by the length. */
  decode(text: string): Uint8Array;
}

const ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

function encode(bytes: Uint8Array): string {
  let text = "";
  const digit = (bits: number): string => ALPHABET[bits & 63] as string;
  for (let i = 0; i < bytes.length; i += 3) {
    const [a = 0, b = 0, c = 0] = [bytes[i], bytes[i + 1], bytes[i + 2]];
    text += digit(a >> 2) + digit((a << 4) | (b >> 4)) + digit((b << 2) | (c >> 6)) + digit(c);
  }
  const padding = (3 - (bytes.length % 3)) % 3;
  return padding ? text.slice(0, -padding) + "==".slice(2 - padding) : text;
}

function decode(text: string): Uint8Array {
  const bytes = new Uint8Array((text.length * 3) >> 2);
  let at = 0;
  let bits = 0;
  for (let i = 0; i < text.length; i++) {
    const value = ALPHABET.indexOf(text[i] as string);
    if (value < 0) break;
    bits = (bits << 6) | value;
    if (i & 3) bytes[at++] = bits >> (6 - 2 * (i & 3));
  }
  return bytes.subarray(0, at);
}

/** Base64 without help of the platform. */
export const pureBase64: Base64 = { encode, decode };

/**
 * Decodes base64 with or without padding.
 * @throws ProtocolError ERR_BASE64 when a character is outside the alphabet, or the length cannot be
 */
export function decodeBase64(text: string, { decode }: Base64 = pureBase64): Uint8Array {
  const digits = text.endsWith("==") ? text.length - 2 : text.endsWith("=") ? text.length - 1 : text.length;
  const plausible = digits % 4 !== 1 && (digits === text.length || text.length % 4 === 0);
  if (plausible && !text.includes("-") && !text.includes("_")) {
    const bytes = decode(text.slice(0, digits));
    if (bytes.byteLength === Math.floor((digits * 3) / 4)) return bytes;
  }
  throw new ProtocolError("ERR_BASE64", "base64", text);
}
