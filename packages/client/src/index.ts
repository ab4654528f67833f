/** The client for browsers: io(), Manager, Socket, with all transports. */
import type { DefaultEventsMap, EventsMap } from "@sockeye/core";
import { type Lookup, lookupWith } from "./connect.ts";
import { Session } from "./engine/session.ts";
import { transports } from "./engine/socket.ts";
import { Manager as BaseManager } from "./manager.ts";
import type { ManagerOptions } from "./options.ts";

export * from "./exports.ts";
export { Fetch as NodeXHR } from "./transports/fetch.ts";
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
export const io: Lookup = /* @__PURE__ */ lookupWith(Manager);
export { io as connect, io as default };
