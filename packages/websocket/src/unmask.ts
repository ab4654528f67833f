/** Takes the mask off a payload, in place, and tells on the way whether all of it is ASCII. */

/** From here on, words are faster than bytes in spite of the view they need (measured on Node.js 20). */
const wordsFrom = 128;

/**
 * Unmasks `bytes[start..end)` with the four bytes at `mask` (RFC 6455, 5.3).
 * Returns true when every unmasked byte is below 0x80.
 */
export function unmask(bytes: Buffer, mask: number, start: number, end: number): boolean {
  return end - start < wordsFrom
    ? isLow(unmaskBytes(bytes, mask, start, end, 0))
    : unmaskWords(bytes, mask, start, end);
}

function isLow(union: number): boolean {
  return (union & 0x80) === 0;
}

/** `phase` says which byte of the mask meets the first byte. Returns the union of all bits seen. */
function unmaskBytes(bytes: Buffer, mask: number, start: number, end: number, phase: number): number {
  const a = bytes[mask + (phase & 3)] as number;
  const b = bytes[mask + ((phase + 1) & 3)] as number;
  const c = bytes[mask + ((phase + 2) & 3)] as number;
  const d = bytes[mask + ((phase + 3) & 3)] as number;
  let union = 0;
  let at = start;
  for (const last = end - 3; at < last; at += 4) {
    union |= bytes[at] = (bytes[at] as number) ^ a;
    union |= bytes[at + 1] = (bytes[at + 1] as number) ^ b;
    union |= bytes[at + 2] = (bytes[at + 2] as number) ^ c;
    union |= bytes[at + 3] = (bytes[at + 3] as number) ^ d;
  }
  if (at < end) union |= bytes[at] = (bytes[at] as number) ^ a;
  if (at + 1 < end) union |= bytes[at + 1] = (bytes[at + 1] as number) ^ b;
  if (at + 2 < end) union |= bytes[at + 2] = (bytes[at + 2] as number) ^ c;
  return union;
}

function unmaskWords(bytes: Buffer, mask: number, start: number, end: number): boolean {
  const skew = -(bytes.byteOffset + start) & 3;
  const first = start + skew;
  const words = new Int32Array(bytes.buffer, bytes.byteOffset + first, (end - first) >> 2);
  let union = unmaskBytes(bytes, mask, start, first, 0);
  // The word as this machine stores it: byte order does not matter, both sides are read from memory alike.
  const word = rotatedMask(bytes, mask, skew);
  let bits = 0;
  for (let i = 0; i < words.length; i++) bits |= words[i] = (words[i] as number) ^ word;
  const last = first + words.length * 4;
  union |= unmaskBytes(bytes, mask, last, end, skew);
  return (bits & 0x80808080) === 0 && isLow(union);
}

const scratch = new Uint8Array(4);
const scratchWord = new Int32Array(scratch.buffer);

function rotatedMask(bytes: Buffer, mask: number, phase: number): number {
  for (let i = 0; i < 4; i++) scratch[i] = bytes[mask + ((phase + i) & 3)] as number;
  return scratchWord[0] as number;
}
