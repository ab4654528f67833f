/** The face of socket.io-parser over @sockeye/protocol. */
import { isPacketValid as isValid } from "@sockeye/protocol";
import type { Packet } from "./packet.ts";

export { Decoder, type DecoderOptions } from "./decoder.ts";
export { Encoder } from "./encoder.ts";
export { type Packet, PacketType } from "./packet.ts";

export const protocol: number = 5;

/** Tells whether a packet may be handed to an encoder. */
export function isPacketValid(packet: Packet): boolean {
  return isValid(packet);
}
