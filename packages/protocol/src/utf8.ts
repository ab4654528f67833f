/** Text as UTF-8 and back. */
import { ProtocolError } from "./errors.ts";

interface TextEncoder {
  encode(text: string): Uint8Array;
}
interface TextDecoder {
  decode(bytes: Uint8Array): string;
}

// The platform has both, though the types of the language do not tell; made when first needed, for the sake of those
// platforms that lack one and of users who need none.
const platform = globalThis as unknown as {
  TextEncoder: new () => TextEncoder;
  TextDecoder: new (label: string, options: { fatal: boolean; ignoreBOM: boolean }) => TextDecoder;
};
let encoder: TextEncoder | undefined;
let decoder: TextDecoder | undefined;

/** Text as UTF-8; lone surrogates become U+FFFD. */
export function encodeUtf8(text: string): Uint8Array {
  encoder ??= new platform.TextEncoder();
  return encoder.encode(text);
}

/**
 * UTF-8 as text; a byte order mark is text as well.
 * @throws ProtocolError ERR_UTF8
 */
export function decodeUtf8(bytes: Uint8Array): string {
  decoder ??= new platform.TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
  try {
    return decoder.decode(bytes);
  } catch (cause) {
    throw new ProtocolError("ERR_UTF8", "UTF-8", bytes, cause);
  }
}
