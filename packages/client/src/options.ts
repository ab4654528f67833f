/** What can be told to io(), a Manager or a Socket, as to those of socket.io-client. */
import type { Untyped } from "@sockeye/core";
import type { EngineOptions } from "./engine/options.ts";

/** The options of a connection and of how it is restored. */
export interface ManagerOptions extends EngineOptions {
  /** Whether io() makes a new Manager for this connection. Default false. */
  forceNew: boolean;
  /** Whether io() may use the Manager of another connection to the same server. Default true. */
  multiplex: boolean;
  /** Path of the server's engine. Default "/socket.io". */
  path: string;
  /** Whether a lost connection is restored. Default true. */
  reconnection: boolean;
  /** Attempts until "reconnect_failed". Default Infinity. */
  reconnectionAttempts: number;
  /** Milliseconds before the first attempt; doubled for each further one. Default 1000. */
  reconnectionDelay: number;
  /** Most milliseconds before an attempt. Default 5000. */
  reconnectionDelayMax: number;
  /** Share by which a delay is varied at random, from 0 to 1. Default 0.5. */
  randomizationFactor: number;
  /** Milliseconds until an attempt to connect is given up; false for never. Default 20000. */
  timeout: number | false;
  /** Whether to connect at once. Default true. */
  autoConnect: boolean;
  /** Encoding of packets: `{ Encoder, Decoder }` as socket.io-parser has them. */
  parser: Untyped;
  /** Most attachments of one packet from the server. Default 10. */
  maxAttachments: number;
}

/** What the server refused a connection with, or what else went wrong; `data` is the server's. */
export interface ExtendedError extends Error {
  data?: Untyped;
}

/**
 * Sent when connecting to the namespace. A function is asked again at each connection, and passes the credentials on
 * or returns them; it may be async.
 */
export type Auth = { [key: string]: Untyped } | ((cb: (data: object) => void) => unknown);

/** The options of one namespace. */
export interface SocketOptions {
  /** Credentials: an object, or a function (it may be async) that returns them or passes them on. */
  auth?: Auth;
  /** How often an event is sent again until it is acknowledged; events then wait for each other. Default 0: never. */
  retries?: number;
  /** Milliseconds to wait for an acknowledgement, where `timeout()` says nothing else. Default: for ever. */
  ackTimeout?: number;
}

/** Details of why a connection was lost. */
export type DisconnectDescription = Error | { description: string; context?: unknown };

/** Why a Socket was disconnected. (`engine.close()` by hand gives "forced close", which Socket.IO's type leaves out, too.) */
export type DisconnectReason =
  | "io server disconnect"
  | "io client disconnect"
  | "ping timeout"
  | "transport close"
  | "transport error"
  | "parse error";

/** The events of a Socket itself. */
export interface SocketReservedEvents {
  connect: () => void;
  connect_error: (err: ExtendedError) => void;
  disconnect: (reason: DisconnectReason, description?: DisconnectDescription) => void;
}
