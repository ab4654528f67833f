/** What an engine can be told, and what it assumes otherwise. */
import { constants } from "node:buffer";
import type { IncomingMessage } from "node:http";
import type { ZlibOptions } from "node:zlib";
import { type Clock, systemClock } from "@sockeye/core";
import type { PerMessageDeflateOptions } from "@sockeye/websocket";
import type { SerializeOptions } from "cookie";
import type { CorsOptions, CorsOptionsDelegate } from "cors";

export type TransportName = "polling" | "websocket" | "webtransport";

export type { CorsOptions, CorsOptionsDelegate };

export type CookieOptions = Omit<SerializeOptions, "encode"> & {
  /** The cookie's name. */
  name: string;
  encode?: (value: string) => string;
};

export interface HttpCompressionOptions extends ZlibOptions {
  /** Smallest answer that is compressed, in bytes; default 1024. */
  threshold?: number;
}

export interface AttachOptions {
  /** The path to serve; default "/engine.io". */
  path?: string;
  /** Whether upgrade requests of other paths that nobody answers are ended; default true. */
  destroyUpgrade?: boolean;
  /** After how many milliseconds they are; default 1000. */
  destroyUpgradeTimeout?: number;
  /** Whether the path ends with a slash; default true. */
  addTrailingSlash?: boolean;
}

export interface ServerOptions {
  /** Milliseconds without a pong after which a connection counts as lost; default 20000. */
  pingTimeout?: number;
  /** Milliseconds between a pong and the next ping; default 25000. */
  pingInterval?: number;
  /** Milliseconds after which an incomplete transport upgrade is given up; default 10000. */
  upgradeTimeout?: number;
  /** Largest message, or body of a POST, in bytes; a larger one closes the session. Default 1e6. */
  maxHttpBufferSize?: number;
  /**
   * Decides about a new session; `fn(null, true)` lets it in, `fn("reason", false)` refuses it with 403.
   * Called for every transport, WebTransport included.
   */
  allowRequest?: (
    req: IncomingMessage,
    fn: (err: string | null | undefined, success: boolean) => void,
  ) => void;
  /** The transports that are served; default polling and websocket. */
  transports?: TransportName[];
  /** Whether a session may move to a better transport; default true. */
  allowUpgrades?: boolean;
  /** permessage-deflate settings (see the `ws` package); default false. */
  perMessageDeflate?: boolean | PerMessageDeflateOptions;
  /** Compression of long-polling answers (zlib's options and `threshold`); default true. */
  httpCompression?: boolean | HttpCompressionOptions;
  /**
   * Another WebSocket implementation, of the interface of the `ws` package: its server class. Default: our own.
   */
  wsEngine?: unknown;
  /** A message that every client gets with the handshake. */
  initialPacket?: unknown;
  /** A cookie with the session id, for load balancers; `true` names it "io". Default: none. */
  cookie?: CookieOptions | boolean;
  /**
   * Cross-origin settings (see the `cors` package); default: none, so pages of other origins cannot read
   * answers. With an allow-list, requests and WebSockets of other origins are refused.
   */
  cors?: CorsOptions | CorsOptionsDelegate;
  /** Whether clients of Engine.IO v3 (Socket.IO v2) are served; default false. */
  allowEIO3?: boolean;
  /** The time that heartbeats and timeouts go by; for tests. Default: the platform's clock. */
  clock?: Clock;
}

/** The options with their defaults filled in. */
export type ResolvedOptions = ServerOptions &
  Required<
    Pick<
      ServerOptions,
      | "pingTimeout"
      | "pingInterval"
      | "upgradeTimeout"
      | "maxHttpBufferSize"
      | "transports"
      | "allowUpgrades"
      | "perMessageDeflate"
      | "httpCompression"
      | "cookie"
      | "allowEIO3"
      | "clock"
    >
  >;

/** Fills in the defaults; an option that is given as `undefined` counts as not given. */
export function resolveOptions(options: ServerOptions = {}): ResolvedOptions {
  const given = Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined));
  const resolved: ResolvedOptions = {
    pingTimeout: 20_000,
    pingInterval: 25_000,
    upgradeTimeout: 10_000,
    maxHttpBufferSize: 1e6,
    transports: ["polling", "websocket"],
    allowUpgrades: true,
    perMessageDeflate: false,
    httpCompression: true,
    cookie: false,
    allowEIO3: false,
    clock: systemClock,
    ...given,
  };
  // "No limit" is the platform's own: clients are told a number.
  resolved.maxHttpBufferSize = Math.min(resolved.maxHttpBufferSize, constants.MAX_LENGTH);
  return resolved;
}
