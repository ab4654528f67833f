/** Rooms: who is in which, and Socket.IO's adapter contract. */
export type {
  AckCallback,
  AdapterClient,
  AdapterNamespace,
  AdapterPacket,
  AdapterSocket,
  BroadcastFlags,
  BroadcastOptions,
  EncodedPacket,
  PrivateSessionId,
  Room,
  RoomEvent,
  Session,
  SessionToPersist,
  SharedRecords,
  SocketDetails,
  SocketId,
  WriteOptions,
} from "./contract.ts";
export { deliver, deliverTo } from "./delivery.ts";
export { Adapter } from "./memory.ts";
export { createPrivateId } from "./private-id.ts";
export { SessionAwareAdapter } from "./recovery.ts";
export { type RecoveryFailure, type RecoveryOptions, resolveRecovery } from "./recovery-options.ts";
export type { ExpiryReason } from "./session-store.ts";
export { sizeOf } from "./size.ts";
