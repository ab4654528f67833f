/** MessagePack as values, in the dialect of socket.io-msgpack-parser; every size is checked before it is believed. */
import { ProtocolError } from "../errors.ts";
import { decodeUtf8 } from "../utf8.ts";

/** Deepest nesting that is let through, as with JSON. */
const MAX_DEPTH = 500;

/** Up to here a loop over bytes beats the platform's decoder. */
const SHORT_TEXT = 24;

/** Reads values from one frame. */
export class MsgpackReader {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  /** True when nothing is left. */
  get done(): boolean {
    return this.#at === this.#bytes.length;
  }

  /**
   * Reads one value. Binary is a view on the frame (a Buffer's views are Buffers).
   * @throws ProtocolError ERR_MSGPACK, ERR_UTF8, ERR_DEPTH
   */
  read(depth = 0): unknown {
    const tag = this.#uint(1);
    if (tag < 0x80) return tag;
    if (tag < 0x90) return this.#map(tag & 15, depth);
    if (tag < 0xa0) return this.#array(tag & 15, depth);
    if (tag < 0xc0) return this.#string(tag & 31);
    if (tag >= 0xe0) return tag - 256;
    return this.#tagged(tag, depth);
  }

  /** The tags 0xc0 to 0xdf; within a family the lowest bits of the tag tell the width of a size or number. */
  #tagged(tag: number, depth: number): unknown {
    switch (tag) {
      case 0xc0:
        return null;
      case 0xc2:
        return false;
      case 0xc3:
        return true;
      case 0xc4:
      case 0xc5:
      case 0xc6:
        return this.#take(this.#uint(1 << (tag - 0xc4)));
      case 0xc7:
      case 0xc8:
      case 0xc9:
        return this.#extension(this.#uint(1 << (tag - 0xc7)), false);
      case 0xca:
        return this.#view.getFloat32(this.#skip(4));
      case 0xcb:
        return this.#view.getFloat64(this.#skip(8));
      case 0xcc:
      case 0xcd:
      case 0xce:
        return this.#uint(1 << (tag - 0xcc));
      case 0xcf:
        return Number(this.#view.getBigUint64(this.#skip(8)));
      case 0xd0:
        return this.#view.getInt8(this.#skip(1));
      case 0xd1:
        return this.#view.getInt16(this.#skip(2));
      case 0xd2:
        return this.#view.getInt32(this.#skip(4));
      case 0xd3:
        return Number(this.#view.getBigInt64(this.#skip(8)));
      case 0xd4:
      case 0xd5:
      case 0xd6:
      case 0xd7:
      case 0xd8:
        return this.#extension(1 << (tag - 0xd4), true);
      case 0xd9:
      case 0xda:
      case 0xdb:
        return this.#string(this.#uint(1 << (tag - 0xd9)));
      case 0xdc:
      case 0xdd:
        return this.#array(this.#uint(2 << (tag - 0xdc)), depth);
      case 0xde:
      case 0xdf:
        return this.#map(this.#uint(2 << (tag - 0xde)), depth);
      default:
        throw new ProtocolError("ERR_MSGPACK", "a MessagePack tag", tag);
    }
  }

  #array(length: number, depth: number): unknown[] {
    this.#enter(length, depth);
    const items: unknown[] = [];
    for (let i = 0; i < length; i++) items.push(this.read(depth + 1));
    return items;
  }

  #map(length: number, depth: number): Record<string, unknown> {
    this.#enter(length * 2, depth);
    const map: Record<string, unknown> = {};
    for (let i = 0; i < length; i++) {
      const key = this.#key();
      const value = this.read(depth + 1);
      // Assigning it would change the prototype; JSON.parse makes it a plain key as well.
      if (key === "__proto__")
        Object.defineProperty(map, key, { value, writable: true, enumerable: true, configurable: true });
      else map[key] = value;
    }
    return map;
  }

  /** Each item takes one byte at least, so that a frame cannot announce more than it may hold. */
  #enter(items: number, depth: number): void {
    if (items > this.#bytes.length - this.#at)
      throw new ProtocolError("ERR_MSGPACK", `${items} more values`, "fewer bytes");
    if (depth >= MAX_DEPTH)
      throw new ProtocolError("ERR_DEPTH", `nesting of at most ${MAX_DEPTH} levels`, "more");
  }

  #key(): string {
    const tag = this.#bytes[this.#at] ?? 0;
    const key = isContainer(tag) ? "a list or map" : this.read(MAX_DEPTH);
    if (!isContainer(tag) && (typeof key === "string" || typeof key === "number")) return String(key);
    throw new ProtocolError("ERR_MSGPACK", "a string as key", key);
  }

  #string(length: number): string {
    const bytes = this.#take(length);
    if (length > SHORT_TEXT) return decodeUtf8(bytes);
    let text = "";
    for (let i = 0; i < length; i++) {
      const byte = bytes[i] as number;
      if (byte > 127) return decodeUtf8(bytes);
      text += String.fromCharCode(byte);
    }
    return text;
  }

  /** Extension 0 of the dialect is undefined, a date or an ArrayBuffer, -1 is MessagePack's own timestamp. */
  #extension(length: number, fixed: boolean): unknown {
    const type = this.#view.getInt8(this.#skip(1));
    const bytes = this.#take(length);
    // Not slice, which of a Buffer is a view.
    if (type === 0 && !fixed) return new Uint8Array(bytes).buffer;
    if (type === 0 && length === 1) return undefined;
    const at = this.#at - length;
    if (type === 0 && length === 8) return new Date(Number(this.#view.getBigInt64(at)));
    return type === -1 ? this.#timestamp(at, length) : [type, bytes];
  }

  #timestamp(at: number, length: number): Date {
    if (length === 4) return new Date(this.#view.getUint32(at) * 1000);
    if (length === 12) return toDate(this.#view.getBigInt64(at + 4), this.#view.getUint32(at));
    if (length !== 8) throw new ProtocolError("ERR_MSGPACK", "a timestamp of 4, 8 or 12 bytes", length);
    const packed = this.#view.getBigUint64(at);
    return toDate(packed & 0x3ffffffffn, Number(packed >> 34n));
  }

  #uint(size: number): number {
    const at = this.#skip(size);
    if (size === 1) return this.#bytes[at] as number;
    return size === 2 ? this.#view.getUint16(at) : this.#view.getUint32(at);
  }

  #take(length: number): Uint8Array {
    const at = this.#skip(length);
    return this.#bytes.subarray(at, at + length);
  }

  /** Moves on and returns where it was. */
  #skip(length: number): number {
    const at = this.#at;
    if (length > this.#bytes.length - at)
      throw new ProtocolError("ERR_MSGPACK", `${length} more bytes`, "the end");
    this.#at = at + length;
    return at;
  }
}

/** The tags of lists and maps. */
const isContainer = (tag: number): boolean => (tag >= 0x80 && tag < 0xa0) || (tag >= 0xdc && tag < 0xe0);

const toDate = (seconds: bigint, nanoseconds: number): Date =>
  new Date(Number(seconds) * 1000 + Math.floor(nanoseconds / 1e6));
