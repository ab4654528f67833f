/** What is known of a client when it connects, and why it goes. */
import type { IncomingHttpHeaders } from "node:http";
import type { ParsedUrlQuery } from "node:querystring";
import type { Untyped } from "@sockeye/core";

/** Why a socket was disconnected, as the server sees it. */
export type DisconnectReason =
  | "transport error"
  | "transport close"
  | "forced close"
  | "ping timeout"
  | "parse error"
  | "server shutting down"
  | "forced server close"
  | "client namespace disconnect"
  | "server namespace disconnect";

/** The handshake of a socket. */
export interface Handshake {
  /** The headers of the first request of the connection. */
  headers: IncomingHttpHeaders;
  /** When the socket was created, as a string. */
  time: string;
  /** The IP address of the client. */
  address: string;
  /** Whether the connection comes from a page of another origin. */
  xdomain: boolean;
  /** Whether the connection is encrypted. */
  secure: boolean;
  /** When the socket was created, in milliseconds since 1970. */
  issued: number;
  /** The URL of the first request of the connection. */
  url: string;
  /** The query of the first request of the connection. */
  query: ParsedUrlQuery;
  /** What the client sent to authenticate itself. */
  auth: { [key: string]: Untyped };
}

/** `[eventName, ...args]`, as socket middlewares get it. */
export type Event = [string, ...Untyped[]];

/** An error whose `data` is sent to the client when a middleware refuses it. */
export interface ExtendedError extends Error {
  data?: Untyped;
}
