/** Packets and payloads, handed to callbacks as engine.io-parser does. */
import {
  type DecodedEnginePacket,
  decodePacketFromText,
  ENGINE_PACKET_TYPES,
  isBinary,
  isBlob,
  ProtocolError,
  toBytes,
} from "@sockeye/protocol";
import { base64, toBinaryType } from "./binary.ts";
import { type BinaryType, ERROR_PACKET, type Packet, type RawData } from "./packet.ts";

const SEPARATOR = "\x1e";

/** Gives a frame; without binary support, and for a Blob only later, `b` + base64. */
export function encodePacket(
  { type, data }: Packet,
  supportsBinary: boolean,
  callback: (encodedPacket: RawData) => void,
): void {
  if (isBlob(data) && !supportsBinary) {
    data.arrayBuffer().then((buffer) => encodePacket({ type, data: buffer }, false, callback));
  } else if (isBlob(data) || (isBinary(data) && supportsBinary)) callback(data);
  else if (isBinary(data)) callback(`b${base64.encode(toBytes(data))}`);
  else callback(`${ENGINE_PACKET_TYPES.indexOf(type as "message")}${data || ""}`);
}

/** Reads a frame; what cannot be read is a packet of type "error". */
export function decodePacket(encodedPacket: RawData, binaryType?: BinaryType): Packet {
  if (typeof encodedPacket !== "string") {
    return {
      type: "message",
      data: isBinary(encodedPacket) ? toBinaryType(encodedPacket, binaryType) : encodedPacket,
    };
  }
  try {
    return toPacket(decodePacketFromText(encodedPacket, base64), binaryType);
  } catch (error) {
    if (error instanceof ProtocolError) return ERROR_PACKET;
    throw error;
  }
}

/** Without data where none came, and binary as it is wanted. */
export function toPacket({ type, data }: DecodedEnginePacket, binaryType: BinaryType | undefined): Packet {
  if (typeof data !== "string") return { type, data: toBinaryType(data, binaryType) };
  return data ? { type, data } : { type };
}

/** Gives a polling body, once all Blobs are read. */
export function encodePayload(packets: Packet[], callback: (encodedPayload: string) => void): void {
  const frames: string[] = Array(packets.length);
  let left = packets.length;
  for (const [i, packet] of packets.entries()) {
    encodePacket(packet, false, (frame: string) => {
      frames[i] = frame;
      if (--left === 0) callback(frames.join(SEPARATOR));
    });
  }
}

/** Reads a polling body up to the first error, which is the last packet then. */
export function decodePayload(encodedPayload: string, binaryType?: BinaryType): Packet[] {
  const packets: Packet[] = [];
  for (const frame of encodedPayload.split(SEPARATOR)) {
    const packet = decodePacket(frame, binaryType);
    packets.push(packet);
    if (packet.type === "error") break;
  }
  return packets;
}
