/** The HTTP servers and engines that a server lives on. */
import {
  createServer,
  type Server as HttpServer,
  type IncomingMessage,
  type ServerResponse,
} from "node:http";
import type { Http2Server, Http2Session } from "node:http2";
import type { HttpServerLike, ServerOptions } from "./api/server.ts";
import { corsMiddleware } from "./engine/cors.ts";
import { Server as Engine } from "./engine/server.ts";
import { ClientFiles } from "./serve-client.ts";

/** What an attached server consists of. */
export interface Hosted {
  readonly httpServer: HttpServerLike;
  readonly engine: Engine;
}

type RequestListener = (request: IncomingMessage, response: ServerResponse) => void;

/**
 * Attaches a new engine to an HTTP server, or to a port; and the client's files, which lie below the engine's path
 * and are asked for first.
 * @throws TypeError for anything else
 */
export function host(target: unknown, options: Partial<ServerOptions>, path: string, files: boolean): Hosted {
  const httpServer = httpServerOf(target);
  const settings = { ...options, path };
  const engine = new Engine(settings);
  engine.attach(httpServer as HttpServer, settings);
  trackSessions(httpServer);
  if (files) serveFiles(httpServer, path, options);
  return { httpServer, engine };
}

function serveFiles(httpServer: HttpServerLike, path: string, options: Partial<ServerOptions>): void {
  const client = new ClientFiles(options.clientFiles);
  const cors = options.cors && corsMiddleware(options.cors);
  const others = httpServer.listeners("request") as RequestListener[];
  httpServer.removeAllListeners("request");
  (httpServer as HttpServer).on("request", (request, response) => {
    const name = ClientFiles.nameIn(request.url ?? "", path);
    if (name === undefined) for (const listener of others) listener.call(httpServer, request, response);
    else if (cors) cors(request, response, (error) => answer(client, name, request, response, error));
    else client.serve(name, request, response);
  });
}

function answer(
  client: ClientFiles,
  name: string,
  request: IncomingMessage,
  response: ServerResponse,
  error: unknown,
): void {
  if (!error) client.serve(name, request, response);
  else {
    response.writeHead(403, { "Content-Type": "text/plain; charset=utf-8" });
    response.end("Forbidden\n");
  }
}

function httpServerOf(target: unknown): HttpServerLike {
  if (typeof target === "number" || (typeof target === "string" && /^\d+$/.test(target))) {
    return createServer(notFound).listen(Number(target));
  }
  if (typeof target === "object" && target !== null && "listeners" in target) return target as HttpServerLike;
  const got =
    typeof target === "function" ? "a function; give the http.Server that calls it" : String(target);
  throw new TypeError(`expected an HTTP server or a port to attach to, got ${got}`);
}

function notFound(_request: IncomingMessage, response: ServerResponse): void {
  response.writeHead(404);
  response.end();
}

const http2Sessions = new WeakMap<HttpServerLike, Set<Http2Session>>();

/** An HTTP/2 server that is closed leaves its sessions open, and waits for them. */
function trackSessions(server: HttpServerLike): void {
  if (http2Sessions.has(server)) return;
  const sessions = new Set<Http2Session>();
  http2Sessions.set(server, sessions);
  (server as Http2Server).on("session", (session) => {
    sessions.add(session);
    session.on("close", () => sessions.delete(session));
  });
}

/** Closes an HTTP server, unless it is closed; resolves to what went wrong, if anything. */
export function closeHttpServer(server: HttpServerLike): Promise<Error | undefined> {
  return new Promise((resolve) => {
    server.close((error) => resolve(error));
    for (const session of http2Sessions.get(server) ?? []) session.close();
  });
}

export function isNotRunning(error: Error): boolean {
  return (error as NodeJS.ErrnoException).code === "ERR_SERVER_NOT_RUNNING";
}
