/** The engine client alone, for Node.js, Bun and Deno. */
import type { EngineOptions } from "./options.ts";
import { refuseRace } from "./refusal.ts";
import { Socket as Client } from "./socket.node.ts";

export type { Cookie } from "../transports/cookie-jar.ts";
export { NodePolling as NodeXHR } from "../transports/polling.node.ts";
export { NodeWebSocket } from "../transports/websocket.node.ts";
export * from "./exports.ts";
export { transports } from "./socket.node.ts";

/**
 * A connection to an Engine.IO server: opened on long-polling, moved to something better.
 *
 * @example
 * const socket = new Socket("ws://localhost:3000");
 * socket.on("open", () => socket.send("hello"));
 */
export class Socket extends Client {
  /** @throws Error ERR_OPTION for an option that only `@sockeye/client` has */
  constructor(uri?: string | EngineOptions, opts?: EngineOptions) {
    refuseRace(typeof uri === "object" ? uri : opts);
    super(uri, opts);
  }
}
