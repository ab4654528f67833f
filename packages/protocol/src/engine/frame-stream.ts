/** Engine.IO packets on a byte stream (WebTransport): each behind a header like a WebSocket frame's. */
import { decodeUtf8, encodeUtf8 } from "../bytes.ts";
import { ProtocolError } from "../errors.ts";
import { decodePacket, encodePacket } from "./codec.ts";
import type { DecodedEnginePacket, EnginePacket } from "./packet.ts";

/** The header of one frame: bit 7 tells binary, then a 7-, 16- or 64-bit length (126 and 127 announce the long ones). */
export function encodeStreamHeader(length: number, binary: boolean): Uint8Array {
  const size = length < 126 ? 1 : length < 65536 ? 3 : 9;
  const header = new Uint8Array(size);
  const view = new DataView(header.buffer);
  view.setUint8(0, (binary ? 128 : 0) | (size === 1 ? length : size === 3 ? 126 : 127));
  if (size === 3) view.setUint16(1, length);
  if (size === 9) view.setBigUint64(1, BigInt(length));
  return header;
}

/** A packet as its header and its bytes, to be written one after the other. */
export function encodeStreamFrame(packet: EnginePacket): [header: Uint8Array, payload: Uint8Array] {
  const frame = encodePacket(packet);
  const payload = typeof frame === "string" ? encodeUtf8(frame) : frame;
  return [encodeStreamHeader(payload.byteLength, typeof frame !== "string"), payload];
}

/** Turns chunks of a stream, cut anywhere, into packets. Memory follows what came, not what was announced. */
export class FrameStreamDecoder {
  readonly #maxPayload: number;
  #binary = false;
  /** Bytes of the long length that are still to come, and what those before them amount to. */
  #lengthBytes = 0;
  #value = 0;
  /** Length of the frame being read, -1 within a header. */
  #length = -1;
  #body: Uint8Array = new Uint8Array(0);
  #filled = 0;

  /** @param maxPayload longest frame in bytes, without its header */
  constructor(maxPayload: number) {
    this.#maxPayload = maxPayload;
  }

  /**
   * Takes the next chunk and returns the packets that it completes. Of no use any more once it has thrown.
   * @throws ProtocolError ERR_TOO_LARGE as soon as a header announces more than maxPayload; ERR_ENGINE_PACKET
   */
  push(chunk: Uint8Array): DecodedEnginePacket[] {
    const packets: DecodedEnginePacket[] = [];
    let at = 0;
    while (at < chunk.length) {
      if (this.#length < 0) this.#readHeader(chunk[at++] as number);
      if (this.#length < 0) continue;
      const part = chunk.subarray(at, at + this.#length - this.#filled);
      at += part.length;
      const frame = part.length === this.#length ? part : this.#keep(part);
      if (frame.length === this.#length) packets.push(this.#finish(frame));
    }
    return packets;
  }

  #readHeader(byte: number): void {
    if (this.#lengthBytes) {
      this.#value = this.#value * 256 + byte;
      this.#lengthBytes--;
    } else {
      this.#binary = byte > 127;
      this.#value = byte & 127;
      if (this.#value > 125) {
        this.#lengthBytes = this.#value === 126 ? 2 : 8;
        this.#value = 0;
      }
    }
    if (this.#lengthBytes) return;
    if (this.#value > this.#maxPayload) {
      throw new ProtocolError("ERR_TOO_LARGE", `at most ${this.#maxPayload} bytes`, this.#value);
    }
    this.#length = this.#value;
  }

  /** Adds to the frame and returns what is there of it; grows by doubling, so that many small chunks stay linear. */
  #keep(part: Uint8Array): Uint8Array {
    const filled = this.#filled + part.length;
    if (filled > this.#body.length) {
      const grown = new Uint8Array(Math.min(this.#length, filled * 2));
      grown.set(this.#body.subarray(0, this.#filled));
      this.#body = grown;
    }
    this.#body.set(part, this.#filled);
    this.#filled = filled;
    return this.#body.subarray(0, filled);
  }

  #finish(frame: Uint8Array): DecodedEnginePacket {
    this.#length = -1;
    this.#filled = 0;
    this.#body = new Uint8Array(0);
    return decodePacket(this.#binary ? frame : decodeUtf8(frame));
  }
}
