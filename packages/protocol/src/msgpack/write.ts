/** Values as MessagePack, in the dialect of socket.io-msgpack-parser. */
import { isBinary, toBytes } from "../bytes.ts";
import { ProtocolError } from "../errors.ts";
import { deeper, isBlob } from "../socket/binary.ts";
import { encodeUtf8 } from "../utf8.ts";

/** Up to here a loop over characters beats the platform's encoder. */
const SHORT_TEXT = 48;

/** Writes one value; grows by doubling. */
export class MsgpackWriter {
  #bytes: Uint8Array<ArrayBuffer> = new Uint8Array(256);
  #view: DataView = new DataView(this.#bytes.buffer);
  #at = 0;

  /** The bytes written so far. */
  finish(): Uint8Array {
    return this.#bytes.subarray(0, this.#at);
  }

  /**
   * Writes a value as JSON would see it (toJSON, own keys, no functions in objects), besides: Date and undefined as
   * the dialect's extensions, binary as bin.
   * @throws ProtocolError ERR_DEPTH when it is cyclic or nested beyond 1000 levels; ERR_BLOB; ERR_MSGPACK for a
   * bigint, and for a function or symbol outside an object
   */
  write(value: unknown, depth = 0): void {
    if (typeof value === "string") this.#string(value);
    else if (typeof value === "number") this.#number(value);
    else if (typeof value === "boolean") this.#byte(value ? 0xc3 : 0xc2);
    else if (value === undefined) this.#undefined();
    else if (value === null) this.#byte(0xc0);
    else if (typeof value === "object") this.#object(value, deeper(depth));
    else throw new ProtocolError("ERR_MSGPACK", "a value that MessagePack knows", `a ${typeof value}`);
  }

  #object(value: object, depth: number): void {
    const { toJSON } = value as { toJSON?: unknown };
    if (isBinary(value)) this.#binary(toBytes(value));
    else if (value instanceof Date) this.#date(value);
    else if (typeof toJSON === "function") this.write(toJSON.call(value, ""), depth);
    else if (Array.isArray(value)) this.#array(value, depth);
    else if (isBlob(value)) throw new ProtocolError("ERR_BLOB", "the bytes of a Blob", "a Blob");
    else this.#map(value as Record<string, unknown>, depth);
  }

  #array(items: unknown[], depth: number): void {
    this.#head(items.length, 0x90, 16, 0xdc);
    for (const item of items) this.write(item, depth);
  }

  #map(value: Record<string, unknown>, depth: number): void {
    const keys = Object.keys(value).filter((key) => isField(value[key]));
    this.#head(keys.length, 0x80, 16, 0xde);
    for (const key of keys) {
      this.#string(key);
      this.write(value[key], depth);
    }
  }

  #string(text: string): void {
    if (text.length <= SHORT_TEXT && isAscii(text)) {
      this.#textHead(text.length);
      let at = this.#reserve(text.length);
      for (let i = 0; i < text.length; i++) this.#bytes[at++] = text.charCodeAt(i);
      return;
    }
    const bytes = encodeUtf8(text);
    this.#textHead(bytes.length);
    this.#copy(bytes);
  }

  #textHead(length: number): void {
    if (length > 31 && length < 256) this.#tagged(0xd9, length);
    else this.#head(length, 0xa0, 32, 0xda);
  }

  #binary(bytes: Uint8Array): void {
    if (bytes.length < 256) this.#tagged(0xc4, bytes.length);
    else this.#head(bytes.length, 0, 0, 0xc5);
    this.#copy(bytes);
  }

  /** Milliseconds in extension 0, not in MessagePack's own timestamp. */
  #date(date: Date): void {
    this.#tagged(0xd7, 0);
    const at = this.#reserve(8);
    this.#view.setBigInt64(at, BigInt(date.getTime() || 0));
  }

  #undefined(): void {
    this.#tagged(0xd4, 0);
    this.#byte(0);
  }

  #number(value: number): void {
    if (!Number.isInteger(value) || Math.abs(value) >= 2 ** 63 || Object.is(value, -0)) {
      this.#byte(0xcb);
      const at = this.#reserve(8);
      this.#view.setFloat64(at, value);
    } else if (value >= 0) this.#natural(value);
    else this.#negative(value);
  }

  #natural(value: number): void {
    if (value < 0x80) this.#byte(value);
    else if (value < 0x100) this.#tagged(0xcc, value);
    else if (value < 0x100000000) this.#head(value, 0, 0, 0xcd);
    else this.#int64(0xcf, value);
  }

  #negative(value: number): void {
    if (value >= -0x20) this.#byte(value & 0xff);
    else if (value >= -0x80) this.#tagged(0xd0, value & 0xff);
    else if (value >= -0x80000000) this.#head(value >>> 0, 0, 0, 0xd1, value < -0x8000);
    else this.#int64(0xd3, value);
  }

  #int64(tag: number, value: number): void {
    this.#byte(tag);
    const at = this.#reserve(8);
    this.#view.setBigInt64(at, BigInt(value));
  }

  /** A number below a limit within the tag itself, else behind it in 16 bits, or with the next tag in 32. */
  #head(value: number, fixed: number, limit: number, tag: number, wide: boolean = value > 0xffff): void {
    if (value < limit) this.#byte(fixed | value);
    else {
      this.#byte(wide ? tag + 1 : tag);
      const at = this.#reserve(wide ? 4 : 2);
      if (wide) this.#view.setUint32(at, value);
      else this.#view.setUint16(at, value);
    }
  }

  #tagged(tag: number, byte: number): void {
    this.#byte(tag);
    this.#byte(byte);
  }

  #byte(byte: number): void {
    const at = this.#reserve(1);
    this.#bytes[at] = byte;
  }

  #copy(bytes: Uint8Array): void {
    const at = this.#reserve(bytes.length);
    this.#bytes.set(bytes, at);
  }

  /** Makes room and returns where it begins. */
  #reserve(size: number): number {
    const at = this.#at;
    this.#at += size;
    if (this.#at > this.#bytes.length) {
      const grown = new Uint8Array(Math.max(this.#at, this.#bytes.length * 2));
      grown.set(this.#bytes);
      this.#bytes = grown;
      this.#view = new DataView(grown.buffer);
    }
    return at;
  }
}

/** Whether a member of an object is written: JSON leaves functions and symbols out. */
const isField = (value: unknown): boolean => typeof value !== "function" && typeof value !== "symbol";

function isAscii(text: string): boolean {
  for (let i = 0; i < text.length; i++) if (text.charCodeAt(i) > 127) return false;
  return true;
}
