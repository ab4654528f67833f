/** The Engine.IO level alone: sessions over polling and WebSocket, without namespaces, events or rooms. */
import { createServer, type Server as HttpServer } from "node:http";
import type { AttachOptions, ServerOptions } from "./options.ts";
import { Server } from "./server.ts";

export * as parser from "@sockeye/protocol";
export { transports } from "../transports/index.ts";
export type { WebTransportSessionLike } from "../transports/webtransport.ts";
export { BaseServer, type ErrorCallback } from "./base-server.ts";
export type { MessageConsumer } from "./consumer.ts";
export type { Middleware } from "./middleware.ts";
export type {
  AttachOptions,
  CookieOptions,
  CorsOptions,
  CorsOptionsDelegate,
  HttpCompressionOptions,
  ServerOptions,
  TransportName,
} from "./options.ts";
export { PayloadTooLargeError } from "./payload-limit.ts";
export { byteLength, type MessageData, PreparedMessage } from "./prepared.ts";
export type { RelayedClient, RelayHost, SessionRelay } from "./relay.ts";
export type { EngineRequest } from "./request.ts";
export {
  type RawData,
  type SendCallback,
  type SendOptions,
  type SendPreparedOptions,
  Socket,
} from "./socket.ts";
export { type Packet, Transport, TransportError } from "./transport.ts";
export type { WebTransportDetails } from "./webtransport-session.ts";
export { Server };

/** The revision of the protocol. */
export const protocol = 4;

/**
 * Serves the engine on an HTTP server of its own, which answers everything else with 501.
 * @param callback called when the server listens
 */
export function listen(
  port: number,
  options?: (AttachOptions & ServerOptions) | (() => void),
  callback?: () => void,
): Server {
  if (typeof options === "function") return listen(port, undefined, options);
  const httpServer = createServer((_request, response) => {
    response.writeHead(501);
    response.end("Not Implemented");
  });
  const engine = attach(httpServer, options);
  httpServer.listen(port, callback);
  return engine;
}

/** Serves the engine on an HTTP server. */
export function attach(server: HttpServer, options: AttachOptions & ServerOptions = {}): Server {
  const engine = new Server(options);
  engine.attach(server, options);
  return engine;
}
