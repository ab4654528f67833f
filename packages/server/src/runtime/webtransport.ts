/** Feeds the sessions of an HTTP/3 server to an engine. */
import type { WebTransportDetails } from "../engine/webtransport-session.ts";
import type { ReadableLike, WebTransportSessionLike } from "../transports/webtransport.ts";

export type { WebTransportDetails, WebTransportSessionLike };

/** The HTTP/3 server: of the shape of `Http3Server` of `@fails-components/webtransport`. */
export interface Http3ServerLike {
  sessionStream(path: string): ReadableLike<Http3SessionLike> | Promise<ReadableLike<Http3SessionLike>>;
}

/** A session as an HTTP/3 server hands it over; what it tells about the request is optional. */
export interface Http3SessionLike extends WebTransportSessionLike {
  readonly ready?: Promise<unknown>;
  readonly peerAddress?: string;
  readonly header?: Record<string, string>;
}

/** What takes the sessions: `io.engine`, or an engine of its own. */
export interface WebTransportEngine {
  onWebTransportSession(session: WebTransportSessionLike, details?: WebTransportDetails): Promise<void>;
}

export interface ServeOptions {
  /** The path whose sessions are served; default "/socket.io/". */
  path?: string;
}

/**
 * Serves WebTransport until the HTTP/3 server ends; the engine's `transports` option must name "webtransport".
 * @example
 * const h3 = new Http3Server({ port, host, secret, cert, privKey });
 * h3.startServer();
 * await serveWebTransport(io.engine, h3);
 */
export async function serveWebTransport(
  engine: WebTransportEngine,
  server: Http3ServerLike,
  { path = "/socket.io/" }: ServeOptions = {},
): Promise<void> {
  const reader = (await server.sessionStream(path)).getReader();
  for (let next = await reader.read(); !next.done; next = await reader.read()) {
    if (next.value) void admit(engine, next.value, path);
  }
}

async function admit(engine: WebTransportEngine, session: Http3SessionLike, path: string): Promise<void> {
  try {
    await session.ready;
  } catch {
    // It never came to be: there is nobody to answer, and nothing to close.
    return;
  }
  await engine.onWebTransportSession(session, detailsOf(session, path));
}

/** The names with a colon are those of HTTP's own fields (RFC 9114, 4.3). */
function detailsOf(session: Http3SessionLike, path: string): WebTransportDetails {
  const headers = session.header ?? {};
  const details: WebTransportDetails = { url: headers[":path"] ?? path, headers };
  if (session.peerAddress !== undefined) details.remoteAddress = session.peerAddress;
  return details;
}
