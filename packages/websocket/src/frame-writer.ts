/** Server frames in bytes, and frames made once for many connections. */
import { opcodes } from "./frame.ts";

/** The most bytes a server's frame header takes: it carries no mask. */
export const longestHeader = 10;

/** Bytes of the header of a frame with a payload of `length` bytes (RFC 6455, 5.2). */
function headerLength(length: number): number {
  return length < 126 ? 2 : length < 0x1_0000 ? 4 : 10;
}

/** Writes the header of an unfragmented frame to `target` at `at`; returns where the payload begins. */
function writeHeader(target: Buffer, at: number, first: number, length: number): number {
  target[at] = first;
  if (length < 126) {
    target[at + 1] = length;
    return at + 2;
  }
  if (length < 0x1_0000) {
    target[at + 1] = 126;
    return target.writeUInt16BE(length, at + 2);
  }
  target[at + 1] = 127;
  target.writeUInt32BE(Math.floor(length / 0x1_0000_0000), at + 2);
  return target.writeUInt32BE(length >>> 0, at + 6);
}

/** First byte of a frame that is a message of its own. */
export const whole: { readonly [kind in "text" | "binary" | "close" | "pong"]: number } = {
  text: 0x80 | opcodes.text,
  binary: 0x80 | opcodes.binary,
  close: 0x80 | opcodes.close,
  pong: 0x80 | opcodes.pong,
};

/** RSV1, on the first byte of a compressed message (RFC 7692, 6). */
export const rsv1 = 0x40;

/**
 * Writes a text frame to `target` at `at`, where `longestHeader` and the UTF-8 bytes must have room; returns its
 * end. The text is encoded first, where it will stand if it is ASCII, and moved by what the header needs more.
 */
export function writeText(target: Buffer, at: number, text: string): number {
  const guess = at + headerLength(text.length);
  const length = target.write(text, guess);
  const start = at + headerLength(length);
  if (start !== guess) target.copyWithin(start, guess, guess + length);
  writeHeader(target, at, whole.text, length);
  return start + length;
}

/** Writes a frame with a payload of bytes; returns its end. */
export function writeBytes(target: Buffer, at: number, first: number, payload: Uint8Array): number {
  const start = writeHeader(target, at, first, payload.length);
  target.set(payload, start);
  return start + payload.length;
}

/** A header on its own, for a payload that is sent from where it lies. */
export function header(first: number, length: number): Buffer {
  const bytes = Buffer.allocUnsafe(headerLength(length));
  writeHeader(bytes, 0, first, length);
  return bytes;
}

/**
 * One or more messages as ready-made frames: encoded once, sent to any number of connections without a copy.
 * Opaque to an engine; an implementation of the port may send `bytes` as they are, or `messages` one by one.
 */
export class PreparedFrames {
  /** What the frames say, for a connection that must frame it in its own way (compression). */
  readonly messages: ReadonlyArray<string | Uint8Array>;
  /** Headers and payloads, ready for the wire. Never to be changed. */
  readonly bytes: Uint8Array;

  constructor(messages: ReadonlyArray<string | Uint8Array>) {
    this.messages = messages;
    this.bytes = encode(messages);
  }
}

function encode(messages: ReadonlyArray<string | Uint8Array>): Buffer {
  let room = 0;
  for (const message of messages) room += longestHeader + roomFor(message);
  const bytes = Buffer.allocUnsafe(room);
  let end = 0;
  for (const message of messages) {
    end =
      typeof message === "string"
        ? writeText(bytes, end, message)
        : writeBytes(bytes, end, whole.binary, message);
  }
  return bytes.subarray(0, end);
}

function roomFor(message: string | Uint8Array): number {
  return typeof message === "string" ? Buffer.byteLength(message) : message.length;
}
