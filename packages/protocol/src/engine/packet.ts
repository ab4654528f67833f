/** The packets of Engine.IO v4: a type, and for most types a little data. */
import type { Binary } from "../bytes.ts";

/** In the order of their digits on the wire. */
export const ENGINE_PACKET_TYPES = ["open", "close", "ping", "pong", "message", "upgrade", "noop"] as const;

/** Engine.IO protocol, "Packet encoding". */
export type EnginePacketType = (typeof ENGINE_PACKET_TYPES)[number];

/** Revision of the Engine.IO protocol, the query parameter `EIO`. */
export const ENGINE_PROTOCOL = 4;

/** One packet; only a message may be binary. */
export interface EnginePacket {
  type: EnginePacketType;
  data?: string | Binary | undefined;
  options?: { compress?: boolean | undefined } | undefined;
}

/** A packet as it was decoded: a binary message is what came, or a Uint8Array. */
export type DecodedEnginePacket =
  | { type: "message"; data: string | Binary }
  | { type: Exclude<EnginePacketType, "message">; data: string };
