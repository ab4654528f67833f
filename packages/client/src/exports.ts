/** What every entry of the client offers besides io(), its Manager and its transports. */
export type { ConnectOptions } from "./connect.ts";
export type { WaitOptions } from "./deadline.ts";
export type { EngineOptions, TransportCtor, TransportName } from "./engine/options.ts";
export { Transport, TransportError } from "./engine/transport.ts";
export type { EmitError, EmitErrorCode } from "./errors.ts";
export type { ManagerReservedEvents } from "./manager.ts";
export { type ConnectionState, type ConnectionStore, observe } from "./observe.ts";
export type {
  Auth,
  DisconnectDescription,
  DisconnectReason,
  ExtendedError,
  ManagerOptions,
  SocketOptions,
  SocketReservedEvents,
} from "./options.ts";
export type { QueuedEvent } from "./retry-queue.ts";
export { type OutgoingPacket, Socket } from "./socket.ts";
export { Fetch, Fetch as XHR } from "./transports/fetch.ts";
export { WebSocket } from "./transports/websocket.ts";
export { WebTransport } from "./transports/webtransport.ts";

/** Revision of the Socket.IO protocol. */
export const protocol = 5;
