/** The handshake of a socket, made when somebody looks at it. */
import type { IncomingMessage } from "node:http";
import type { TLSSocket } from "node:tls";
import type { Untyped } from "@sockeye/core";
import type { Handshake } from "../api/handshake.ts";

/** What is told about a connection. */
export interface HandshakeSource {
  /** Missing on a transport without HTTP requests. */
  readonly request: (IncomingMessage & { _query?: Record<string, string> }) | undefined;
  readonly remoteAddress: string;
}

/** @param issued when the socket was created, in milliseconds since 1970 */
export function createHandshake(
  { request, remoteAddress }: HandshakeSource,
  auth: Record<string, Untyped>,
  issued: number,
): Handshake {
  const headers = request?.headers ?? {};
  return {
    headers,
    time: String(new Date(issued)),
    address: remoteAddress,
    xdomain: headers.origin !== undefined,
    // Without a request it is WebTransport, which is always encrypted.
    secure: request?.socket ? Boolean((request.socket as Partial<TLSSocket>).encrypted) : true,
    issued,
    url: request?.url ?? "",
    // A plain object, as applications call its methods.
    query: { ...request?._query },
    auth,
  };
}
