/** socket.io-adapter's face: what adapters written for Socket.IO import. */
export type {
  BroadcastFlags,
  BroadcastOptions,
  PrivateSessionId,
  Room,
  Session,
  SocketId,
} from "@sockeye/adapter";
export { Adapter, SessionAwareAdapter } from "./adapter.ts";
export { ClusterAdapter } from "./cluster-adapter.ts";
export {
  type ClusterMessage,
  type ClusterResponse,
  MessageType,
  type Offset,
  type ServerId,
} from "./cluster-message.ts";
export { type ClusterAdapterOptions, ClusterAdapterWithHeartbeat } from "./heartbeat-adapter.ts";
