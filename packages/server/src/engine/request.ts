/** A request as the engine sees it: the query parsed once. */
import type { IncomingMessage, ServerResponse } from "node:http";
import { parse } from "node:querystring";

const unseen: unique symbol = Symbol("seen by nobody but the engine");

/** An HTTP request (or handshake) of an Engine.IO client. */
export type EngineRequest = IncomingMessage & {
  _query: Record<string, string>;
  /** The answer, while it is due; then undefined, not deleted: V8 may turn an object without a field it had into a hash table. */
  res?: ServerResponse | undefined;
  [unseen]?: boolean;
};

/** Says that a request comes from the HTTP server straight to the engine. */
export function claim(request: IncomingMessage): void {
  (request as EngineRequest)[unseen] = true;
}

/** Says that the application gets the request in hand: it may attach something, and know it again. */
export function share(request: EngineRequest): EngineRequest {
  if (request[unseen]) request[unseen] = false;
  return request;
}

/** Whether nobody but the engine has had the request in hand. */
export function isOurs(request: EngineRequest): boolean {
  return request[unseen] === true;
}

/**
 * The first value of a header field, its name in lower case. For what is asked of each request: `headers` parses all
 * fields for the first question.
 */
export function headerOf({ rawHeaders }: IncomingMessage, name: string): string | undefined {
  for (let at = 0; at < rawHeaders.length; at += 2) {
    const field = rawHeaders[at] as string;
    if (field.length === name.length && field.toLowerCase() === name) return rawHeaders[at + 1];
  }
  return undefined;
}

/** The parameters that decide about a request; `undefined` when absent or given more than once. */
export interface EngineParameters {
  transport: string | undefined;
  sid: string | undefined;
  eio: string | undefined;
  /** One of the three was given more than once. */
  ambiguous: boolean;
}

/** Parses the query onto the request, where the public API expects it. */
export function prepareRequest(request: IncomingMessage): EngineRequest {
  const prepared = request as EngineRequest;
  // A middleware that runs the engine inside another server may have parsed it already.
  prepared._query ??= parseQuery(request.url ?? "");
  return prepared;
}

/** The query of a URL as an object without prototype; a repeated parameter is kept as a list. */
export function parseQuery(url: string): Record<string, string> {
  const start = url.indexOf("?");
  if (start < 0) return Object.create(null) as Record<string, string>;
  const end = url.indexOf("#", start);
  return parse(url.slice(start + 1, end < 0 ? undefined : end)) as Record<string, string>;
}

/** Reads the engine's own parameters. */
export function engineParameters(query: Record<string, unknown>): EngineParameters {
  const { transport, sid, EIO } = query;
  return {
    transport: typeof transport === "string" ? transport : undefined,
    sid: typeof sid === "string" ? sid : undefined,
    eio: typeof EIO === "string" ? EIO : undefined,
    ambiguous: Array.isArray(transport) || Array.isArray(sid) || Array.isArray(EIO),
  };
}
