/** What the engine client tells. */
import type { EnginePacket, RawData } from "../wire/engine.ts";
import type { CloseDetails, HandshakeData } from "./options.ts";
import type { Transport } from "./transport.ts";

/** The events of the engine client. */
export interface EngineEvents {
  open: () => void;
  handshake: (data: HandshakeData) => void;
  packet: (packet: EnginePacket) => void;
  packetCreate: (packet: EnginePacket) => void;
  /** Packets are handed to a transport: the session's own, or one that is probed. */
  sent: (packets: EnginePacket[], transport: Transport) => void;
  data: (data: RawData) => void;
  message: (data: RawData) => void;
  drain: () => void;
  flush: () => void;
  heartbeat: () => void;
  ping: () => void;
  pong: () => void;
  error: (err: string | Error) => void;
  upgrading: (transport: Transport) => void;
  upgrade: (transport: Transport) => void;
  upgradeError: (err: Error) => void;
  close: (reason: string, description?: CloseDetails | Error) => void;
}
