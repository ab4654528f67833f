/** Bytes as payloads of NOTIFY, which are text and shorter than 8,000 bytes. */

/** So many bytes fit into one payload as base64, with a head before them. */
const CHUNK_BYTES = 5_976;

/** A number, whether more of the message follows ("+") or not ("."), and base64. */
const PAYLOAD = /^([0-9a-z]{1,11})([+.])([A-Za-z0-9+/]*={0,2})$/;

/**
 * Cuts messages into payloads. Each carries a number, since PostgreSQL delivers equal notifications of one
 * transaction only once.
 */
export class Cutter {
  #number = 0;

  cut(message: Uint8Array): string[] {
    const bytes = Buffer.from(message.buffer, message.byteOffset, message.byteLength);
    const payloads: string[] = [];
    for (let start = 0; start === 0 || start < bytes.length; start += CHUNK_BYTES) {
      const end = start + CHUNK_BYTES;
      const head = (this.#number++).toString(36) + (end < bytes.length ? "+" : ".");
      payloads.push(head + bytes.toString("base64", start, Math.min(end, bytes.length)));
    }
    return payloads;
  }
}

/**
 * Puts the messages of one channel together again. The notifications of one transaction follow each other, so that
 * nothing comes between the payloads of a message; what does not follow is not ours, or lost its beginning.
 */
export class Joiner {
  #parts: Buffer[] = [];
  #next = 0;

  /** The message that ends with this payload, if one does; undefined forgets what has begun. */
  add(payload: string | undefined): Uint8Array | undefined {
    const [, digits = "", mark, base64 = ""] = PAYLOAD.exec(payload ?? "") ?? [];
    const number = Number.parseInt(digits, 36);
    if (this.#parts.length > 0 && number !== this.#next) this.#parts = [];
    if (mark === undefined) return undefined;
    this.#parts.push(Buffer.from(base64, "base64"));
    this.#next = number + 1;
    if (mark === "+") return undefined;
    const parts = this.#parts;
    this.#parts = [];
    return parts.length === 1 ? parts[0] : Buffer.concat(parts);
  }
}
