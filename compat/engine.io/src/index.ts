/** The package engine.io, by its names. */
import type { Server as HttpServer } from "node:http";
import * as parser from "@sockeye/compat-engine.io-parser";
import {
  type AttachOptions,
  attach,
  BaseServer,
  listen,
  protocol,
  Server,
  type ServerOptions,
  Socket,
  Transport,
  transports,
} from "@sockeye/server/engine";
import { uServer } from "./u-server.ts";

export type { AttachOptions, BaseServer, ErrorCallback, ServerOptions } from "@sockeye/server/engine";
export { attach, listen, parser, protocol, Server, Socket, Transport, transports, uServer };

/** What `require("engine.io")` gives: to be called, with or without an HTTP server, or to take names from. */
export interface EngineModule {
  (server: HttpServer, options?: AttachOptions & ServerOptions): Server;
  (options?: ServerOptions): Server;
  readonly attach: typeof attach;
  readonly listen: typeof listen;
  readonly parser: typeof parser;
  readonly protocol: number;
  readonly BaseServer: typeof BaseServer;
  readonly Server: typeof Server;
  readonly Socket: typeof Socket;
  readonly Transport: typeof Transport;
  readonly transports: typeof transports;
  readonly uServer: typeof uServer;
}

function engine(first?: HttpServer | ServerOptions, options?: AttachOptions & ServerOptions): Server {
  return isHttpServer(first) ? attach(first, options) : new Server(first);
}

function isHttpServer(value: HttpServer | ServerOptions | undefined): value is HttpServer {
  return value !== undefined && "listen" in value && typeof value.listen === "function";
}

const face: EngineModule = Object.assign(engine, {
  attach,
  listen,
  parser,
  protocol,
  BaseServer,
  Server,
  Socket,
  Transport,
  transports,
  uServer,
});

export { face as default, face as "module.exports" };
