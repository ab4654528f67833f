/** socket.io-adapter's face: what adapters written for Socket.IO import. */
export {
  Adapter,
  type BroadcastFlags,
  type BroadcastOptions,
  type PrivateSessionId,
  type Room,
  type Session,
  SessionAwareAdapter,
  type SocketId,
} from "@sockeye/adapter";
export { ClusterAdapter } from "./cluster-adapter.ts";
export {
  type ClusterMessage,
  type ClusterResponse,
  MessageType,
  type Offset,
  type ServerId,
} from "./cluster-message.ts";
export { type ClusterAdapterOptions, ClusterAdapterWithHeartbeat } from "./heartbeat-adapter.ts";
