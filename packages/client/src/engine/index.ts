/** The engine client alone, for browsers. */
import type { EngineOptions } from "./options.ts";
import { refuseRace } from "./refusal.ts";
import { Socket as Client } from "./socket.ts";

export { Polling as NodeXHR } from "../transports/polling.ts";
export { WebSocket as NodeWebSocket } from "../transports/websocket.ts";
export * from "./exports.ts";
export { transports } from "./socket.ts";

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
