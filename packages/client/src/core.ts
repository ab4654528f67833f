/** The client for browsers with what socket.io-client offers, and no more: io(), Manager, Socket, all transports. */
import type { DefaultEventsMap, EventsMap } from "@sockeye/core";
import { type Lookup, lookupWith } from "./connect.ts";
import type { ConnectOptions } from "./core-exports.ts";
import { Session } from "./engine/session.ts";
import { transports } from "./engine/socket.ts";
import { Manager as BaseManager } from "./manager.ts";
import type { ManagerOptions } from "./options.ts";
import type { Socket } from "./socket.ts";

export * from "./core-exports.ts";
export { Polling as NodeXHR } from "./transports/polling.ts";
export { WebSocket as NodeWebSocket } from "./transports/websocket.ts";

/** A connection that is restored, and the namespaces over it. */
export class Manager<
  ListenEvents extends EventsMap = DefaultEventsMap,
  EmitEvents extends EventsMap = ListenEvents,
> extends BaseManager<ListenEvents, EmitEvents> {
  /** @internal */
  override createEngine_(uri: string | undefined, opts: Partial<ManagerOptions>): Session {
    return new Session(uri, opts, transports);
  }
}

/** Connects to a namespace. Calls for the same server share a connection. */
export const io: Lookup<ConnectOptions, Socket> = /* @__PURE__ */ lookupWith(Manager);
export { io as connect, io as default };
