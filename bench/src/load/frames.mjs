/** The client's half of RFC 6455 by hand: masked frames made once, answers read in place. */

const fin = 0x80;
const masked = 0x80;
export const text = 1;
export const binary = 2;
/** Any key does for a load generator; what counts is that the server has to unmask. */
const key = Buffer.from([0x37, 0xfa, 0x21, 0x3d]);

/** @param {number} length */
function lengthBytes(length) {
  if (length < 126) return Buffer.from([masked | length]);
  if (length < 65_536) return Buffer.from([masked | 126, length >> 8, length & 255]);
  throw new RangeError(`The load generator sends frames below 64 KiB, not ${length} bytes`);
}

/**
 * @param {string | Uint8Array} data
 * @returns {Buffer} a whole client frame
 */
export function frame(data) {
  const payload = Buffer.from(data);
  for (let i = 0; i < payload.length; i++) payload[i] = (payload[i] ?? 0) ^ (key[i & 3] ?? 0);
  const opcode = typeof data === "string" ? text : binary;
  return Buffer.concat([Buffer.from([fin | opcode]), lengthBytes(payload.length), key, payload]);
}

/**
 * Called once per frame, with the place of its payload; the buffer is only lent.
 * @typedef {(opcode: number, buffer: Buffer, start: number, end: number) => void} OnFrame
 */

export class FrameReader {
  #onFrame;
  /** @type {Buffer | undefined} */
  #rest;

  /** @param {OnFrame} onFrame */
  constructor(onFrame) {
    this.#onFrame = onFrame;
  }

  /** @param {Buffer} chunk */
  push(chunk) {
    const buffer = this.#rest ? Buffer.concat([this.#rest, chunk]) : chunk;
    let at = 0;
    for (;;) {
      const start = payloadStart(buffer, at);
      const end = start + payloadLength(buffer, at);
      if (!(end <= buffer.length)) break;
      this.#onFrame((buffer[at] ?? 0) & 15, buffer, start, end);
      at = end;
    }
    this.#rest = at < buffer.length ? Buffer.from(buffer.subarray(at)) : undefined;
  }
}

/**
 * @param {Buffer} buffer
 * @param {number} at
 */
function payloadStart(buffer, at) {
  const short = buffer[at + 1] ?? 0;
  return at + (short < 126 ? 2 : short === 126 ? 4 : 10);
}

/**
 * NaN while the header is not complete.
 * @param {Buffer} buffer
 * @param {number} at
 */
function payloadLength(buffer, at) {
  const short = buffer[at + 1] ?? Number.NaN;
  if (short < 126) return short;
  if (short === 126) return at + 4 <= buffer.length ? buffer.readUInt16BE(at + 2) : Number.NaN;
  return at + 10 <= buffer.length ? Number(buffer.readBigUInt64BE(at + 2)) : Number.NaN;
}
