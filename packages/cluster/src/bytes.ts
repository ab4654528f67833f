/** Numbers, strings and bytes, one after the other: written without fuss, read with suspicion. */

/** Thrown for bytes that no server of this kind has sent. */
export class MessageError extends Error {
  readonly code = "ERR_CLUSTER_MESSAGE";

  constructor(expected: string, got: string) {
    super(`cluster message: expected ${expected}, got ${got}`);
    this.name = "MessageError";
  }
}

/** A string of fewer UTF-16 code units takes fewer than 128 bytes. */
const SHORT = 42;

/** Grows as needed; every method returns the writer. */
export class Writer {
  #buffer: Buffer = Buffer.allocUnsafe(256);
  #length = 0;

  get length(): number {
    return this.#length;
  }

  byte(value: number): this {
    this.#reserve(1);
    this.#buffer[this.#length++] = value;
    return this;
  }

  /** A non-negative safe integer, seven bits per byte, the low ones first. */
  varint(value: number): this {
    let rest = value;
    while (rest > 0x7f) {
      this.byte((rest % 0x80) | 0x80);
      rest = Math.floor(rest / 0x80);
    }
    return this.byte(rest);
  }

  double(value: number): this {
    this.#reserve(8);
    this.#length = this.#buffer.writeDoubleLE(value, this.#length);
    return this;
  }

  string(value: string): this {
    if (value.length < SHORT) return this.#short(value);
    const size = Buffer.byteLength(value);
    this.varint(size);
    this.#reserve(size);
    this.#length += this.#buffer.write(value, this.#length, size, "utf8");
    return this;
  }

  /** Forgets what was written after so many bytes, and keeps the room for it. */
  clear(length = 0): this {
    this.#length = length;
    return this;
  }

  // Its length in bytes fits one byte whatever its characters are, so that it need not be known before.
  #short(value: string): this {
    this.#reserve(1 + value.length * 3);
    const size = this.#buffer.write(value, this.#length + 1, "utf8");
    this.#buffer[this.#length] = size;
    this.#length += 1 + size;
    return this;
  }

  bytes(value: Uint8Array): this {
    this.varint(value.byteLength);
    this.#reserve(value.byteLength);
    this.#buffer.set(value, this.#length);
    this.#length += value.byteLength;
    return this;
  }

  /** What was written; good until the next write. */
  get written(): Uint8Array {
    return this.#buffer.subarray(0, this.#length);
  }

  #reserve(size: number): void {
    const needed = this.#length + size;
    if (needed <= this.#buffer.length) return;
    const larger = Buffer.allocUnsafe(Math.max(needed, this.#buffer.length * 2));
    larger.set(this.written);
    this.#buffer = larger;
  }
}

/** Reads what a {@link Writer} wrote; whatever does not fit throws a {@link MessageError}. */
export class Reader {
  readonly #buffer: Buffer;
  readonly #end: number;
  #at: number;

  /** Reads from `at` to `end`; all of it by default. */
  constructor(bytes: Uint8Array, at = 0, end: number = bytes.byteLength) {
    this.#buffer = Buffer.isBuffer(bytes)
      ? bytes
      : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#at = at;
    this.#end = end;
  }

  get left(): number {
    return this.#end - this.#at;
  }

  /** A reader for the bytes of which the length comes next. */
  part(): Reader {
    const size = this.#take(this.varint());
    this.#at += size;
    return new Reader(this.#buffer, this.#at - size, this.#at);
  }

  byte(): number {
    this.#take(1);
    return this.#buffer[this.#at++] as number;
  }

  varint(): number {
    let value = 0;
    for (let scale = 1; ; scale *= 0x80) {
      const byte = this.byte();
      value += (byte & 0x7f) * scale;
      if (value > Number.MAX_SAFE_INTEGER) throw new MessageError("a safe integer", "a larger one");
      if (byte < 0x80) return value;
    }
  }

  double(): number {
    this.#take(8);
    const value = this.#buffer.readDoubleLE(this.#at);
    this.#at += 8;
    return value;
  }

  string(): string {
    const size = this.#take(this.varint());
    this.#at += size;
    return this.#buffer.toString("utf8", this.#at - size, this.#at);
  }

  bytes(): Buffer {
    const size = this.#take(this.varint());
    this.#at += size;
    return this.#buffer.subarray(this.#at - size, this.#at);
  }

  /** The length of a list: no more than there are bytes, so that nothing is reserved for what cannot come. */
  count(): number {
    return this.#take(this.varint());
  }

  #take(size: number): number {
    if (size > this.left) throw new MessageError(`${size} more bytes`, `${this.left}`);
    return size;
  }
}
