/** The engine client alone, for Node.js, Bun and Deno. */
export type { Cookie } from "../transports/cookie-jar.ts";
export { NodePolling as NodeXHR } from "../transports/polling.node.ts";
export { NodeWebSocket } from "../transports/websocket.node.ts";
export * from "./exports.ts";
export { Socket, transports } from "./socket.node.ts";
