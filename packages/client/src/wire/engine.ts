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

/** What a frame is made of as bytes: text in UTF-8. */
const bytesOf = async (data: RawData): Promise<Uint8Array<ArrayBuffer>> =>
  new Uint8Array(await new Response(data).arrayBuffer());

/** The bytes of a message: text in UTF-8, binary as it is or, a third longer, in base64. */
export function byteLength(data: RawData = "", base64 = false): number {
  if (typeof data === "string") return utf8(data).length;
  const size: number = data.byteLength ?? data.size;
  return base64 ? Math.ceil(size / 3) * 4 : size;
}

/** A packet as one frame: text, or the data of a binary message as it is. Engine.IO protocol, "Packet encoding". */
export const encodePacket = ({ type, data = "" }: EnginePacket): RawData =>
  typeof data === "string" ? TYPES.indexOf(type as EnginePacketType) + data : data;

/** How many arguments a function surely takes. */
const CHUNK = 8192;

/** A packet as text: a binary message in base64. */
export async function encodeText(packet: EnginePacket): Promise<string> {
  const frame = encodePacket(packet);
  if (typeof frame === "string") return frame;
  const bytes = await bytesOf(frame);
  let text = "";
  for (let at = 0; at < bytes.length; at += CHUNK) {
    text += String.fromCharCode(...bytes.subarray(at, at + CHUNK));
  }
  return `b${btoa(text)}`;
}

/** One frame as a packet. */
export function decodePacket(frame: RawData, toBinary: ToBinary): EnginePacket {
  if (typeof frame !== "string") return { type: "message", data: toBinary(frame) };
  const data = frame.slice(1);
  if (frame[0] === "b") {
    const text = atob(data);
    // Ten times as fast as Uint8Array.from(text, ...), which asks for one character after the other.
    const bytes = new Uint8Array(text.length).map((_, at) => text.charCodeAt(at));
    return { type: "message", data: toBinary(bytes.buffer) };
  }
  const type = TYPES[frame[0] as unknown as number];
  return type ? { type, data } : { type: "error", data: "parser error" };
}

/** The packets of one polling body. */
export const decodePayload = (body: string, toBinary: ToBinary): EnginePacket[] =>
  body.split("\x1e").map((frame) => decodePacket(frame, toBinary));

/** Packets as one polling body. */
export const encodePayload = async (packets: EnginePacket[]): Promise<string> =>
  (await Promise.all(packets.map(encodeText))).join("\x1e");

/** Packets for a byte stream, each behind its header. Engine.IO protocol 4.1, "WebTransport". */
export async function* encodeStream(packets: EnginePacket[]): AsyncGenerator<Uint8Array<ArrayBuffer>> {
  for (const packet of packets) {
    const frame = encodePacket(packet);
    const flag = typeof frame === "string" ? 0 : 128;
    const bytes = await bytesOf(frame);
    const { length } = bytes;
    // Of each number the array keeps the lowest byte.
    const low = [length >> 8, length];
    yield Uint8Array.from(
      length < 126
        ? [flag + length]
        : length < 65536
          ? [flag + 126, ...low]
          : [flag + 127, 0, 0, 0, 0, length >> 24, length >> 16, ...low],
    );
    yield bytes;
  }
}

/** What a stream is read with: chunks, cut anywhere, and no value at its end. */
interface Reader {
  read(): Promise<{ value?: Uint8Array<ArrayBuffer> }>;
}

/** The packets of a byte stream. */
export async function* readStream(reader: Reader, toBinary: ToBinary): AsyncGenerator<EnginePacket> {
  let rest = new Uint8Array();
  /** The next bytes; fewer at the end. */
  const take = async (size: number): Promise<Uint8Array<ArrayBuffer>> => {
    while (rest.length < size) {
      const { value } = await reader.read();
      if (!value) break;
      const joined = new Uint8Array(rest.length + value.length);
      joined.set(rest);
      joined.set(value, rest.length);
      rest = joined;
    }
    const taken = rest.slice(0, size);
    rest = rest.slice(size);
    return taken;
  };
  for (;;) {
    const [first] = (await take(1)) as unknown as [number];
    // NaN without a first byte, which nothing is long enough for.
    let size = first % 128;
    if (size > 125) size = (await take(size < 127 ? 2 : 8)).reduce((sum, byte) => sum * 256 + byte, 0);
    const body = await take(size);
    if (!(body.length >= size)) return;
    yield decodePacket(first > 127 ? body.buffer : new TextDecoder().decode(body), toBinary);
  }
}
