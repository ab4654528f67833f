/** The client without transports of its own: with `transports: [WebSocket]`, a bundle holds WebSocket alone. */
import { type Lookup, lookupWith } from "./connect.ts";
import { Manager } from "./manager.ts";

export * from "./exports.ts";
export { Manager };

/** Connects to a namespace; the option `transports` must name classes. */
export const io: Lookup = /* @__PURE__ */ lookupWith(Manager);
export { io as connect, io as default };
