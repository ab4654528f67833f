/** The engine client alone, for browsers. */
export { Fetch as NodeXHR } from "../transports/fetch.ts";
export { WebSocket as NodeWebSocket } from "../transports/websocket.ts";
export * from "./exports.ts";
export { Socket, transports } from "./socket.ts";
