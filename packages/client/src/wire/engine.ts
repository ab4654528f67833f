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

/** The bytes of a message in UTF-8 on the wire; binary in polling grows by a third. */
export function byteLength(data: RawData, base64 = false): number {
  if (data === undefined) return 0;
  if (typeof data === "string") return utf8(data).length;
  const size: number = data.byteLength ?? data.size;
  return base64 ? Math.ceil(size / 3) * 4 : size;
}

function toBytes(data: ArrayBuffer | ArrayBufferView<ArrayBuffer>): Uint8Array<ArrayBuffer> {
  return ArrayBuffer.isView(data)
    ? new Uint8Array(data.buffer, data.byteOffset, data.byteLength)
    : new Uint8Array(data);
}

function toBase64(data: ArrayBuffer): string {
  const bytes = toBytes(data);
  let text = "";
  // An argument list has a limit, so bytes go in portions.
  for (let at = 0; at < bytes.length; at += 8192) {
    text += String.fromCharCode(...bytes.subarray(at, at + 8192));
  }
  return btoa(text);
}

/** A packet as one frame: text, or the data of a binary message as it is. Engine.IO protocol, "Packet encoding". */
export function encodePacket({ type, data = "" }: EnginePacket, binary = true): RawData {
  if (typeof data === "string") return TYPES.indexOf(type as EnginePacketType) + data;
  return binary ? data : `b${toBase64(data)}`;
}

/** One frame as a packet. */
export function decodePacket(frame: RawData, toBinary: ToBinary): EnginePacket {
  if (typeof frame !== "string") return { type: "message", data: toBinary(frame) };
  const data = frame.slice(1);
  if (frame[0] === "b") {
    return {
      type: "message",
      data: toBinary(Uint8Array.from(atob(data), (char) => char.charCodeAt(0)).buffer),
    };
  }
  const type = TYPES[frame[0] as unknown as number];
  return type ? { type, data } : { type: "error", data: "parser error" };
}

/** Packets as one polling body; waits for the bytes of Blobs. */
export async function encodePayload(packets: EnginePacket[]): Promise<string> {
  return (await readBlobs(packets)).map((packet) => encodePacket(packet, false)).join("\x1e");
}

/** The packets of one polling body. */
export function decodePayload(body: string, toBinary: ToBinary): EnginePacket[] {
  return body.split("\x1e").map((frame) => decodePacket(frame, toBinary));
}

function readBlobs(packets: EnginePacket[]): Promise<EnginePacket[]> {
  return Promise.all(
    packets.map(async (packet) =>
      packet.data instanceof Blob ? { ...packet, data: await packet.data.arrayBuffer() } : packet,
    ),
  );
}

/** Packets for a byte stream, each behind its header. Engine.IO protocol 4.1, "WebTransport". */
export async function encodeStream(packets: EnginePacket[]): Promise<Uint8Array<ArrayBuffer>[]> {
  return (await readBlobs(packets)).flatMap((packet) => {
    const frame = encodePacket(packet);
    const text = typeof frame === "string";
    const bytes = text ? utf8(frame) : toBytes(frame);
    const { length } = bytes;
    const size = length < 126 ? 1 : length < 65536 ? 3 : 9;
    const header = new DataView(new ArrayBuffer(size));
    header.setUint8(0, (text ? 0 : 128) + (size < 2 ? length : size < 4 ? 126 : 127));
    if (size > 1) header.setUint16(size - 2, length);
    if (size > 3) header.setUint32(3, length / 65536);
    return [toBytes(header as DataView<ArrayBuffer>), bytes];
  });
}

/** Returns a function that turns chunks, cut anywhere, into packets. */
export function streamDecoder(toBinary: ToBinary): (chunk: Uint8Array<ArrayBuffer>) => EnginePacket[] {
  let rest = new Uint8Array(0);
  return (chunk) => {
    const bytes = new Uint8Array(rest.length + chunk.length);
    bytes.set(rest);
    bytes.set(chunk, rest.length);
    rest = bytes;
    const packets: EnginePacket[] = [];
    for (;;) {
      const first = rest[0] as number;
      const short = first & 127;
      const start = short < 126 ? 1 : short < 127 ? 3 : 9;
      if (!(rest.length >= start)) return packets;
      const length = rest.slice(1, start).reduce((sum, byte) => sum * 256 + byte, 0);
      const end = start + (start > 1 ? length : short);
      if (rest.length < end) return packets;
      const body = rest.slice(start, end);
      packets.push(decodePacket(first > 127 ? body.buffer : new TextDecoder().decode(body), toBinary));
      rest = rest.slice(end);
    }
  };
}
