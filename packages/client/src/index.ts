/** The client for browsers: io(), Manager, Socket, with all transports and all that Sockeye adds. */
import type { DefaultEventsMap, EventsMap } from "@sockeye/core";
import { type Lookup, lookupWith } from "./connect.ts";
import type { Session } from "./engine/session.ts";
import { Socket } from "./engine/socket.ts";
import type { ConnectOptions, Socket as Namespace } from "./exports.ts";
import { Manager as BaseManager } from "./sockeye/manager.ts";
import type { ManagerOptions } from "./sockeye/options.ts";
import { racing } from "./sockeye/session.ts";

export * from "./exports.ts";
export { Polling as NodeXHR } from "./transports/polling.ts";
export { WebSocket as NodeWebSocket } from "./transports/websocket.ts";

const Engine = /* @__PURE__ */ racing(Socket);

/** A connection that is restored, and the namespaces over it. */
export class Manager<
  ListenEvents extends EventsMap = DefaultEventsMap,
  EmitEvents extends EventsMap = ListenEvents,
> extends BaseManager<ListenEvents, EmitEvents> {
  /** @internal */
  override createEngine_(uri: string | undefined, opts: Partial<ManagerOptions>): Session {
    return new Engine(uri, opts);
  }
}

/** Connects to a namespace. Calls for the same server share a connection. */
export const io: Lookup<ConnectOptions, Namespace> = /* @__PURE__ */ lookupWith(Manager);
export { io as connect, io as default };
