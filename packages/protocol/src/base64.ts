/** Base64 for binary messages in text payloads, strict about what it reads. */
import { ProtocolError } from "./errors.ts";

/** How bytes become base64 (standard alphabet, padded) and back. Node.js passes one that is based on Buffer. */
export interface Base64 {
  encode(bytes: Uint8Array): string;
  /** May throw, skip or stop at what is not base64: {@link decodeBase64} notices. */
  decode(text: string): Uint8Array;
}

// Every supported platform has both, though the types of the language do not tell.
const platform = globalThis as unknown as { atob(text: string): string; btoa(text: string): string };

/** Base64 by the platform's btoa and atob: the smallest in a bundle. */
export const platformBase64: Base64 = {
  encode(bytes) {
    let text = "";
    for (const byte of bytes) text += String.fromCharCode(byte);
    return platform.btoa(text);
  },
  decode: (text) => Uint8Array.from(platform.atob(text), (char) => char.charCodeAt(0)),
};

/**
 * Decodes padded base64.
 * @throws ProtocolError ERR_BASE64 when a character is outside the alphabet, or the length cannot be
 */
export function decodeBase64(text: string, base64: Base64 = platformBase64): Uint8Array {
  const padding = text.endsWith("==") ? 2 : text.endsWith("=") ? 1 : 0;
  let cause: unknown;
  try {
    const bytes = base64.decode(text);
    if (bytes.length === (text.length * 3) / 4 - padding) return bytes;
  } catch (error) {
    cause = error;
  }
  throw new ProtocolError("ERR_BASE64", "base64", text, cause);
}
