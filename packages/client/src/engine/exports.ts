/** What the engine client offers besides its Socket and its transports. */
import type { Clock } from "@sockeye/core";
import { clockOf } from "./clock.ts";

export { Polling as Fetch, Polling as XHR } from "../transports/polling.ts";
export { WebSocket } from "../transports/websocket.ts";
export { WebTransport } from "../transports/webtransport.ts";
export { type ParsedUri, parse } from "../uri.ts";
export type { EnginePacket, RawData, WriteOptions } from "../wire/engine.ts";
export type { EngineEvents as SocketReservedEvents } from "./events.ts";
export type {
  BinaryType,
  CloseDetails,
  EngineOptions as SocketOptions,
  HandshakeData,
  TransportCtor,
  TransportName,
} from "./options.ts";
export { Transport, TransportError, type TransportEvents as TransportReservedEvents } from "./transport.ts";

/** Revision of the Engine.IO protocol. */
export const protocol = 4;

/** Calls back once the present call is over. */
export const nextTick = (callback: () => void): void => queueMicrotask(callback);

/** Gives an object the timers that the option `useNativeTimers` asks for. */
export function installTimerFunctions(
  target: { setTimeoutFn?: Clock["setTimeout"]; clearTimeoutFn?: Clock["clearTimeout"] },
  opts: { useNativeTimers?: boolean },
): void {
  const clock = clockOf(opts);
  target.setTimeoutFn = clock.setTimeout;
  target.clearTimeoutFn = clock.clearTimeout;
}
