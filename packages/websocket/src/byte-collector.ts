/** Bytes that arrive in pieces, in one growing buffer: memory follows what came, never what was announced. */

const smallest = 64;

export class ByteCollector {
  #bytes: Buffer;
  #length = 0;

  /** `expected` is how many bytes will come as far as known; no more than `smallest` are set aside ahead. */
  constructor(expected: number) {
    this.#bytes = Buffer.allocUnsafeSlow(Math.min(Math.max(expected, 1), smallest));
  }

  get length(): number {
    return this.#length;
  }

  /** The bytes so far, without a copy; valid until the next append. */
  get bytes(): Buffer {
    return this.#bytes.subarray(0, this.#length);
  }

  /** Appends `source[start..end)`; `limit` is the length that will never be exceeded. */
  append(source: Buffer, start: number, end: number, limit: number): void {
    const length = this.#length + (end - start);
    if (length > this.#bytes.length) this.#grow(length, limit);
    source.copy(this.#bytes, this.#length, start, end);
    this.#length = length;
  }

  // Doubling keeps appending linear however small the pieces are.
  #grow(length: number, limit: number): void {
    const bytes = Buffer.allocUnsafeSlow(Math.max(length, Math.min(limit, length * 2)));
    this.#bytes.copy(bytes, 0, 0, this.#length);
    this.#bytes = bytes;
  }
}
