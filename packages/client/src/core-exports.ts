/** What the core offers besides io(), its Manager and its transports. */
import type { ManagerOptions, SocketOptions } from "./options.ts";

export type { EngineOptions, TransportCtor, TransportName } from "./engine/options.ts";
export { Transport, TransportError } from "./engine/transport.ts";
export type { ManagerReservedEvents } from "./manager.ts";
export type {
  Auth,
  DisconnectDescription,
  DisconnectReason,
  ExtendedError,
  ManagerOptions,
  SocketOptions,
  SocketReservedEvents,
} from "./options.ts";
export { type OutgoingPacket, Socket } from "./socket.ts";
export { Polling as Fetch, Polling as XHR } from "./transports/polling.ts";
export { WebSocket } from "./transports/websocket.ts";
export { WebTransport } from "./transports/webtransport.ts";

export type ConnectOptions = Partial<ManagerOptions & SocketOptions>;

/** Revision of the Socket.IO protocol. */
export const protocol = 5;
