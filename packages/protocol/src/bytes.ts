/** Binary values in the shapes that platforms hand them over, and text as UTF-8. */
import { ProtocolError } from "./errors.ts";

/** What a user may pass as binary: an ArrayBuffer or any view on one (a Node.js Buffer is a Uint8Array). */
export type Binary = ArrayBuffer | ArrayBufferView;

interface Utf8 {
  TextEncoder: new () => { encode(text: string): Uint8Array };
  TextDecoder: new (
    label: string,
    options: { fatal: boolean; ignoreBOM: boolean },
  ) => { decode(bytes: Uint8Array): string };
}

// Every supported platform has both; the ES library's types do not mention them.
const platform = globalThis as unknown as Utf8;
let encoder: { encode(text: string): Uint8Array } | undefined;
let decoder: { decode(bytes: Uint8Array): string } | undefined;

/** Tells whether a value is an ArrayBuffer or a view on one. */
export function isBinary(value: unknown): value is Binary {
  return ArrayBuffer.isView(value) || value instanceof ArrayBuffer;
}

/** The same memory as a Uint8Array; a Uint8Array (or Buffer) is handed back as it came. */
export function toBytes(value: Binary): Uint8Array {
  if (value instanceof Uint8Array) return value;
  return value instanceof ArrayBuffer
    ? new Uint8Array(value)
    : new Uint8Array(value.buffer, value.byteOffset, value.byteLength);
}

/** Text as UTF-8; lone surrogates become U+FFFD. */
export function encodeUtf8(text: string): Uint8Array {
  encoder ??= new platform.TextEncoder();
  return encoder.encode(text);
}

/**
 * UTF-8 as text.
 * @throws ProtocolError ERR_UTF8
 */
export function decodeUtf8(bytes: Uint8Array): string {
  decoder ??= new platform.TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
  try {
    return decoder.decode(bytes);
  } catch (cause) {
    throw new ProtocolError("ERR_UTF8", "UTF-8", "other bytes", { cause });
  }
}
