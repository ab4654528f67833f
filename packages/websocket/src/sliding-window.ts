/** The last so many bytes of what was pushed. */

export class SlidingWindow {
  readonly #size: number;
  #bytes: Buffer = Buffer.alloc(0);

  constructor(size: number) {
    this.#size = size;
  }

  /** The bytes, oldest first; overwritten by the next push. */
  get bytes(): Buffer {
    return this.#bytes;
  }

  push(bytes: Uint8Array): void {
    const fresh = bytes.length > this.#size ? bytes.subarray(-this.#size) : bytes;
    const length = Math.min(this.#bytes.length + fresh.length, this.#size);
    const kept = length - fresh.length;
    const old = this.#bytes.subarray(this.#bytes.length - kept);
    // A window that is full stays where it is: its bytes move to the front.
    if (length > this.#bytes.length) this.#bytes = Buffer.allocUnsafeSlow(length);
    this.#bytes.set(old, 0);
    this.#bytes.set(fresh, kept);
  }
}
