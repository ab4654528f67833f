/** The engine client alone, for Node.js, Bun and Deno. */
import { refusing } from "./refusal.ts";
import { Socket as Client } from "./socket.node.ts";

export type { Cookie } from "../transports/cookie-jar.ts";
export { NodePolling as NodeXHR } from "../transports/polling.node.ts";
export { NodeWebSocket } from "../transports/websocket.node.ts";
export * from "./exports.ts";
export { transports } from "./socket.node.ts";

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
