/** The types of engine.io-parser, and the one packet that stands for all errors. */
import type { Untyped } from "@sockeye/core";

export type PacketType = "open" | "close" | "ping" | "pong" | "message" | "upgrade" | "noop" | "error";
export type RawData = Untyped;
export type BinaryType = "nodebuffer" | "arraybuffer" | "blob";

export interface Packet {
  type: PacketType;
  options?: { compress: boolean };
  data?: RawData;
}

/** What callers of engine.io-parser expect where ours throws. */
export const ERROR_PACKET: Packet = { type: "error", data: "parser error" };
