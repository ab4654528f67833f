/** React hooks for a Sockeye connection. */
export { createSocketContext } from "./create-socket-context.ts";
export { type PresenceState, type Present, type RoomState, usePresence, useRoom } from "./membership.ts";
export type {
  Connection,
  ConnectOptions,
  Emit,
  EventHandlers,
  ProviderProps,
  SocketContext,
} from "./socket-context.ts";
export { useSuspenseConnection } from "./suspense.ts";
export * from "./untyped.ts";
export type { Ack, AckOptions, AckState } from "./use-ack.ts";
