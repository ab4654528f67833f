/** The engine client alone, for browsers. */
import { refusing } from "./refusal.ts";
import { Socket as Client } from "./socket.ts";

export { Polling as NodeXHR } from "../transports/polling.ts";
export { WebSocket as NodeWebSocket } from "../transports/websocket.ts";
export * from "./exports.ts";
export { transports } from "./socket.ts";

/**
 * A connection to an Engine.IO server: opened on long-polling, moved to something better.
 *
 * @throws Error ERR_OPTION for an option that only `@sockeye/client` has
 * @example
 * const socket = new Socket("ws://localhost:3000");
 * socket.on("open", () => socket.send("hello"));
 */
export const Socket: typeof Client = refusing(Client);
export type Socket = Client;
