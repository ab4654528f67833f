/** The client for Node.js, Bun and Deno with what socket.io-client offers, and no more: io(), Manager, Socket, all transports. */
import type { DefaultEventsMap, EventsMap, Untyped } from "@sockeye/core";
import { type Lookup, lookupWith } from "./connect.ts";
import type { ConnectOptions } from "./core-exports.ts";
import { unrefTimers } from "./engine/clock.node.ts";
import type { Session } from "./engine/session.ts";
import { Socket as Engine } from "./engine/socket.node.ts";
import { Manager as BaseManager } from "./manager.ts";
import type { ManagerOptions } from "./options.ts";
import type { Socket } from "./socket.ts";
import { encoderOf } from "./wire/encoder.node.ts";

export * from "./core-exports.ts";
export { NodePolling as NodeXHR } from "./transports/polling.node.ts";
export { NodeWebSocket } from "./transports/websocket.node.ts";

/** A connection that is restored, and the namespaces over it. */
export class Manager<
  ListenEvents extends EventsMap = DefaultEventsMap,
  EmitEvents extends EventsMap = ListenEvents,
> extends BaseManager<ListenEvents, EmitEvents> {
  /** @internal */
  override readonly encoder_: Untyped = encoderOf(this.opts);

  /** @internal */
  override prepare_(opts: Partial<ManagerOptions> = {}): void {
    super.prepare_(opts);
    unrefTimers(opts);
  }

  /** @internal */
  override createEngine_(uri: string | undefined, opts: Partial<ManagerOptions>): Session {
    return new Engine(uri, opts);
  }
}

/** Connects to a namespace. Calls for the same server share a connection. */
export const io: Lookup<ConnectOptions, Socket> = /* @__PURE__ */ lookupWith(Manager);
export { io as connect, io as default };
