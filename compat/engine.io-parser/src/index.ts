/** The face of engine.io-parser over @sockeye/protocol. */
export { decodePacket, decodePayload, encodePacket, encodePayload } from "./codec.ts";
export type { BinaryType, Packet, PacketType, RawData } from "./packet.ts";
export { createPacketDecoderStream, createPacketEncoderStream } from "./streams.ts";

export const protocol = 4;
