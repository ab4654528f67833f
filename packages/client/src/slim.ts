/** The core without transports of its own: with `transports: [WebSocket]`, a bundle holds WebSocket alone. */
import { type Lookup, lookupWith } from "./connect.ts";
import type { ConnectOptions } from "./core-exports.ts";
import { Manager } from "./manager.ts";
import type { Socket } from "./socket.ts";

export * from "./core-exports.ts";
export { Manager };

/** Connects to a namespace; the option `transports` must name classes. */
export const io: Lookup<ConnectOptions, Socket> = /* @__PURE__ */ lookupWith(Manager);
export { io as connect, io as default };
