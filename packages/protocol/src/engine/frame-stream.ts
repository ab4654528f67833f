/** Engine.IO packets on a byte stream (WebTransport): each behind a header like a WebSocket frame's. */
import { ProtocolError } from "../errors.ts";
import { decodeUtf8, encodeUtf8 } from "../utf8.ts";
import { decodePacket, encodePacket } from "./codec.ts";
import type { DecodedEnginePacket, EnginePacket } from "./packet.ts";

/** The header of one frame: bit 7 tells binary, then a 7-, 16- or 64-bit length (126 and 127 announce the long ones). */
export function encodeStreamHeader(length: number, binary: boolean): Uint8Array {
  const short = length < 126 ? length : length < 65536 ? 126 : 127;
  const header = new Uint8Array(headerSize(short));
  header[0] = short + (binary ? 128 : 0);
  for (let i = header.length, rest = length; --i; rest /= 256) header[i] = rest;
  return header;
}

const headerSize = (short: number): number => (short < 126 ? 1 : short < 127 ? 3 : 9);

/** A packet as its header and its bytes, to be written one after the other. */
export function encodeStreamFrame(packet: EnginePacket): [header: Uint8Array, payload: Uint8Array] {
  const frame = encodePacket(packet);
  const text = typeof frame === "string";
  const payload = text ? encodeUtf8(frame) : frame;
  return [encodeStreamHeader(payload.length, !text), payload];
}

/** Turns chunks of a stream, cut anywhere, into packets. Memory follows what came, not what was announced. */
export class FrameStreamDecoder {
  readonly #maxPayload: number;
  /** Begins with the header of the frame that is not complete yet; grows by doubling, so that small chunks stay linear. */
  #buffer: Uint8Array = new Uint8Array(0);
  #filled = 0;

  /** @param maxPayload longest frame in bytes, without its header */
  constructor(maxPayload: number) {
    this.#maxPayload = maxPayload;
  }

  /**
   * Takes the next chunk and returns the packets that it completes. Of no use any more once it has thrown.
   * @throws ProtocolError ERR_TOO_LARGE as soon as a header announces more than maxPayload; ERR_ENGINE_PACKET, ERR_UTF8
   */
  push(chunk: Uint8Array): DecodedEnginePacket[] {
    const packets: DecodedEnginePacket[] = [];
    let bytes = this.#append(chunk);
    for (let end = this.#frameEnd(bytes); end <= bytes.length; end = this.#frameEnd(bytes)) {
      const head = bytes[0] as number;
      const frame = bytes.subarray(headerSize(head & 127), end);
      packets.push(decodePacket(head > 127 ? frame : decodeUtf8(frame)));
      bytes = bytes.subarray(end);
    }
    if (packets.length || !this.#filled) {
      // Not slice, which of a Buffer is a view.
      this.#buffer = new Uint8Array(bytes);
      this.#filled = bytes.length;
    }
    return packets;
  }

  /** Where the first frame will end; Infinity while that cannot be told. */
  #frameEnd(bytes: Uint8Array): number {
    const short = (bytes[0] ?? 0) & 127;
    const start = headerSize(short);
    if (bytes.length < start) return Number.POSITIVE_INFINITY;
    let length = start > 1 ? 0 : short;
    for (let i = 1; i < start; i++) length = length * 256 + (bytes[i] as number);
    if (length <= this.#maxPayload) return start + length;
    throw new ProtocolError("ERR_TOO_LARGE", `at most ${this.#maxPayload} bytes`, length);
  }

  /** What was left of the chunks before, and this one. */
  #append(chunk: Uint8Array): Uint8Array {
    const filled = this.#filled;
    if (!filled) return chunk;
    this.#filled += chunk.length;
    if (this.#filled > this.#buffer.length) {
      const grown = new Uint8Array(this.#filled * 2);
      grown.set(this.#buffer);
      this.#buffer = grown;
    }
    this.#buffer.set(chunk, filled);
    return this.#buffer.subarray(0, this.#filled);
  }
}
