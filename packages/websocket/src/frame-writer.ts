/** Server frames ready for the wire, and frames made once for many connections. */
import { opcodes } from "./frame.ts";

/**
 * What is ready for the wire: bytes, or as a rule a string of one byte per character. Strings are joined without a copy,
 * and cost less than a Buffer on their way through Node.js.
 */
export type Chunk = string | Uint8Array;

/** Texts of more UTF-16 units, and payloads of more bytes, become bytes: those who wait for a slow peer share them. */
export const longestShort = 8_192;

/** First byte of a frame that is a message of its own. */
export const whole: { readonly [kind in "text" | "binary" | "close" | "pong"]: number } = {
  text: 0x80 | opcodes.text,
  binary: 0x80 | opcodes.binary,
  close: 0x80 | opcodes.close,
  pong: 0x80 | opcodes.pong,
};

/** RSV1, on the first byte of a compressed message (RFC 7692, 6). */
export const rsv1 = 0x40;

/** The header of an unfragmented frame with a payload of `length` bytes (RFC 6455, 5.2); a server's has no mask. */
export function header(first: number, length: number): string {
  if (length < 126) return String.fromCharCode(first, length);
  if (length < 0x1_0000) return String.fromCharCode(first, 126, length >> 8, length & 0xff);
  const bytes = Buffer.from([first, 127, 0, 0, 0, 0, 0, 0, 0, 0]);
  bytes.writeUInt32BE(Math.floor(length / 0x1_0000_0000), 2);
  bytes.writeUInt32BE(length >>> 0, 6);
  return latin1(bytes);
}

/** A text frame. */
export function textFrame(text: string): Chunk {
  const length = Buffer.byteLength(text);
  const start = header(whole.text, length);
  // Most texts are ASCII, and stand on the wire as they are.
  if (text.length <= longestShort) return start + (length === text.length ? text : latin1(Buffer.from(text)));
  const bytes = Buffer.allocUnsafe(start.length + length);
  bytes.write(text, bytes.write(start, "latin1"));
  return bytes;
}

function binaryFrame(payload: Uint8Array): Chunk {
  const start = header(whole.binary, payload.length);
  if (payload.length <= longestShort) return start + latin1(payload);
  return Buffer.concat([Buffer.from(start, "latin1"), payload]);
}

/** Bytes as a string of one byte per character. */
export function latin1({ buffer, byteOffset, byteLength }: Uint8Array): string {
  return Buffer.from(buffer, byteOffset, byteLength).toString("latin1");
}

/**
 * One or more messages as ready-made frames: encoded once, sent to any number of connections without a copy.
 * Opaque to an engine; an implementation of the port may send `chunks` as they are, or `messages` one by one.
 */
export class PreparedFrames {
  /** What the frames say, for a connection that must frame it in its own way (compression). */
  readonly messages: ReadonlyArray<string | Uint8Array>;
  #chunks: readonly Chunk[] | undefined;

  constructor(messages: ReadonlyArray<string | Uint8Array>) {
    this.messages = messages;
  }

  /** Headers and payloads, made on first use. Never to be changed. */
  get chunks(): readonly Chunk[] {
    this.#chunks ??= this.messages.map((message) =>
      typeof message === "string" ? textFrame(message) : binaryFrame(message),
    );
    return this.#chunks;
  }

  /** Bytes of headers and payloads. */
  get size(): number {
    return this.chunks.reduce((sum, { length }) => sum + length, 0);
  }
}
