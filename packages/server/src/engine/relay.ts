/** The port to the sessions of other servers, for requests that a load balancer has sent to the wrong one. */
import type { Duplex } from "node:stream";

/** The client of a relayed request, as the server knows it that the client has reached. */
export interface RelayedClient {
  readonly remoteAddress: string;
  readonly remotePort: number;
  readonly encrypted: boolean;
}

/** A byte stream to another server. It emits `depart` when the other end has called that. */
export interface RelayedStream extends Duplex {
  /** Whether the other end has called `depart`. */
  readonly departing: boolean;
  /** Tells the other end that the client should go elsewhere: the server that it has reached is being drained. */
  depart(): void;
}

/** Who serves what other servers relay: an engine. */
export interface RelayHost {
  /** Whether the session is open here. */
  has(sid: string): boolean;
  /** Takes a stream over which one HTTP request comes; it has a `remoteAddress`, as a socket has. */
  accept(stream: RelayedStream): void;
}

/**
 * Byte streams between the servers of a cluster. An implementation
 * - MUST resolve `connect` with a stream to the server that has the session, or with undefined when it knows of
 *   none; MAY resolve before that server has agreed, and destroys the stream when it does not;
 * - MUST find sessions by the mark of their server at the end of their ids, and ask nobody for ids with an unknown
 *   one; only `unmarked` ids, made by the application, may cost questions, and a bounded number of them;
 * - MUST carry all bytes in their order, or destroy the stream at both ends: also when the other server, or the way
 *   to it, is lost; MUST NOT buffer more than a bounded number of bytes per stream, but let writers wait;
 * - MUST offer to its hosts only streams for sessions that they have, with the client that `connect` was given;
 * - MUST NOT trust what other servers say to be well-formed.
 */
export interface SessionRelay {
  /** Ends the id of each session of this server: characters that a URL's query takes as they are. */
  readonly mark: string;
  connect(sid: string, client: RelayedClient, unmarked: boolean): Promise<RelayedStream | undefined>;
  /** Adds a host; returns the undoing. */
  serve(host: RelayHost): () => void;
}
