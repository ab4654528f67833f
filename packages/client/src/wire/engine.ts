/** Engine.IO packets as a client needs them: lean, for a server that it chose itself. */
import type { Untyped } from "@sockeye/core";
import type { EnginePacketType } from "@sockeye/protocol";

/** What may be sent: text, or binary in any shape (a Blob too, in browsers). */
export type RawData = Untyped;

/** One Engine.IO packet; "error" is what a frame that cannot be decoded becomes. */
export interface EnginePacket {
  type: EnginePacketType | "error";
  data?: RawData;
  options?: WriteOptions | undefined;
}

/** How one message is written. */
export interface WriteOptions {
  /** Whether the message may be compressed, where the transport can. Default true. */
  compress?: boolean;
}

/** Makes what the user is handed from the bytes that came. */
export type ToBinary = (data: ArrayBuffer) => RawData;

// In the order of their digits on the wire.
const TYPES = ["open", "close", "ping", "pong", "message", "upgrade", "noop"] as const;

const utf8 = (text: string): Uint8Array<ArrayBuffer> => new TextEncoder().encode(text);

/** The bytes of a message: text in UTF-8, binary as it is or, a third longer, in base64. */
export function byteLength(data: RawData = "", base64 = false): number {
  if (typeof data === "string") return utf8(data).length;
  const size: number = data.byteLength ?? data.size;
  return base64 ? Math.ceil(size / 3) * 4 : size;
}

const toBytes = (data: RawData): Uint8Array<ArrayBuffer> =>
  ArrayBuffer.isView(data)
    ? new Uint8Array(data.buffer as ArrayBuffer, data.byteOffset, data.byteLength)
    : new Uint8Array(data);

/** A packet as one frame: text, or the data of a binary message as it is. Engine.IO protocol, "Packet encoding". */
export function encodePacket({ type, data = "" }: EnginePacket, binary = true): RawData {
  if (typeof data === "string") return TYPES.indexOf(type as EnginePacketType) + data;
  if (binary) return data;
  return `b${btoa(toBytes(data).reduce((text, byte) => text + String.fromCharCode(byte), ""))}`;
}

/** One frame as a packet. */
export function decodePacket(frame: RawData, toBinary: ToBinary): EnginePacket {
  if (typeof frame !== "string") return { type: "message", data: toBinary(frame) };
  const data = frame.slice(1);
  if (frame[0] === "b") {
    return decodePacket(Uint8Array.from(atob(data), (char) => char.charCodeAt(0)).buffer, toBinary);
  }
  const type = TYPES[frame[0] as unknown as number];
  return type ? { type, data } : { type: "error", data: "parser error" };
}

/** The packets of one polling body. */
export const decodePayload = (body: string, toBinary: ToBinary): EnginePacket[] =>
  body.split("\x1e").map((frame) => decodePacket(frame, toBinary));

/** The packets with the bytes of Blobs in their places. */
const readBlobs = (packets: EnginePacket[]): Promise<EnginePacket[]> =>
  Promise.all(
    packets.map(async (packet) =>
      packet.data instanceof Blob ? { ...packet, data: await packet.data.arrayBuffer() } : packet,
    ),
  );

/** Packets as one polling body; waits for the bytes of Blobs. */
export const encodePayload = async (packets: EnginePacket[]): Promise<string> =>
  (await readBlobs(packets)).map((packet) => encodePacket(packet, false)).join("\x1e");

/** Packets for a byte stream, each behind its header. Engine.IO protocol 4.1, "WebTransport". */
export const encodeStream = async (packets: EnginePacket[]): Promise<Uint8Array<ArrayBuffer>[]> =>
  (await readBlobs(packets)).flatMap((packet) => {
    const frame = encodePacket(packet);
    const flag = typeof frame === "string" ? 0 : 128;
    const bytes = flag ? toBytes(frame) : utf8(frame);
    const { length } = bytes;
    const size = length < 126 ? 1 : length < 65536 ? 3 : 9;
    const header = new DataView(new ArrayBuffer(size));
    header.setUint8(0, flag + (size < 2 ? length : size < 4 ? 126 : 127));
    if (size > 1) header.setUint16(size - 2, length);
    if (size > 3) header.setUint32(3, length / 65536);
    return [toBytes(header), bytes];
  });

/** Returns a function that turns chunks, cut anywhere, into packets. */
export function streamDecoder(toBinary: ToBinary): (chunk: Uint8Array<ArrayBuffer>) => EnginePacket[] {
  let rest: number[] | Uint8Array<ArrayBuffer> = [];
  return (chunk) => {
    const packets: EnginePacket[] = [];
    const bytes = new Uint8Array(rest.length + chunk.length);
    bytes.set(rest);
    bytes.set(chunk, rest.length);
    let at = 0;
    for (;;) {
      rest = bytes.slice(at);
      const first = rest[0] as number;
      let end = first & 127;
      const start = end < 126 ? 1 : end < 127 ? 3 : 9;
      if (start > 1) end = rest.slice(1, start).reduce((sum, byte) => sum * 256 + byte, 0);
      end += start;
      // Without a first byte, start and end are too small to stop here.
      if (!(rest.length >= start && rest.length >= end)) return packets;
      const body = rest.slice(start, end);
      packets.push(decodePacket(first > 127 ? body.buffer : new TextDecoder().decode(body), toBinary));
      at += end;
    }
  };
}
