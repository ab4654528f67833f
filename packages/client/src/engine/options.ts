/** Everything that can be told to the engine client. */
import type { Clock, Untyped } from "@sockeye/core";

export type TransportName = "polling" | "websocket" | "webtransport" | (string & {});

/** The constructor of a class that extends Transport. */
export type TransportCtor = new (opts: Untyped) => { readonly name: string; writable: boolean };

/** How binary data is handed over. */
export type BinaryType = "nodebuffer" | "arraybuffer" | "blob";

/** The options of the engine client. Those marked Node.js are ignored where the platform has no such thing. */
export interface EngineOptions {
  /** The host to connect to; the uri's, else the page's, else localhost. */
  host?: string;
  /** Same as {@link host}. */
  hostname?: string;
  /** Whether to use TLS. Default: as the uri, else the page. */
  secure?: boolean;
  /** Default: the uri's, else the page's, else the scheme's. */
  port?: string | number;
  /** Parameters added to every request. May be changed for the next connection. */
  query?: { [key: string]: Untyped };
  /** The `http.Agent` of all requests (Node.js). Default false, which is Node's own. */
  agent?: Untyped;
  /** Whether to move from long-polling to something better. Default true. */
  upgrade?: boolean;
  /** Sends binary as base64 on every transport. Default false. */
  forceBase64?: boolean;
  /** The name of the timestamp parameter. Default "t". */
  timestampParam?: string;
  /** Whether every request carries a timestamp. Default: only those of polling. */
  timestampRequests?: boolean;
  /**
   * The transports to try, by name or class; only the first one unless {@link tryAllTransports}. A name that is not known
   * is passed over; with none left, connecting fails. Default: polling, websocket, webtransport.
   */
  transports?: TransportName[] | TransportCtor[];
  /** Transport classes to use in place of {@link transports}, in the order in which they are tried. */
  transportImplementations?: TransportCtor[];
  /** Whether a transport that cannot connect is followed by the next one. Default false. */
  tryAllTransports?: boolean;
  /** Whether to begin with WebSocket when the last connection that had one succeeded. Default false. */
  rememberUpgrade?: boolean;
  /** Milliseconds until a polling request is given up; 0, the default, never. */
  requestTimeout?: number;
  /** Options for single transports, by name; they override the others. */
  transportOptions?: { [transport: string]: Untyped };
  /** TLS: certificate, key and CA in one (Node.js). */
  pfx?: Untyped;
  /** TLS: private key (Node.js). */
  key?: Untyped;
  /** TLS: passphrase of the key or pfx (Node.js). */
  passphrase?: string;
  /** TLS: certificate (Node.js). */
  cert?: Untyped;
  /** TLS: authorities to trust (Node.js). */
  ca?: Untyped;
  /** TLS: ciphers to use or exclude (Node.js). */
  ciphers?: string;
  /** TLS: whether the server's certificate must be valid (Node.js). Default true. */
  rejectUnauthorized?: boolean;
  /** Headers of every request; those of a WebSocket in Node.js, Bun and Deno only. May be changed for the next connection. */
  extraHeaders?: { [header: string]: string };
  /** Whether to send cookies to other origins; in Node.js, to keep those that the server sets. Default false. */
  withCredentials?: boolean;
  /** Whether to close the connection when the page is left. Default false. */
  closeOnBeforeunload?: boolean;
  /** Whether to use the timers that were there when the module was loaded, whatever replaced them since. Default false. */
  useNativeTimers?: boolean;
  /** Whether neither timers nor sockets keep the process alive (Node.js). Default false. */
  autoUnref?: boolean;
  /** permessage-deflate of `ws` (Node.js); false switches it off. */
  perMessageDeflate?: Untyped;
  /** Path of the engine on the server. Default "/engine.io"; under Socket.IO "/socket.io". */
  path?: string;
  /** Whether the path ends in a slash. Default true. */
  addTrailingSlash?: boolean;
  /** WebSocket sub-protocols to offer. */
  protocols?: string | string[];
  /** The time port, for tests. */
  clock?: Clock;
}

/** What the server tells about a new session. Times in milliseconds, maxPayload in bytes. */
export interface HandshakeData {
  sid: string;
  upgrades: string[];
  pingInterval: number;
  pingTimeout: number;
  maxPayload: number;
}

/** Why a transport was closed. */
export interface CloseDetails {
  description: string;
  context?: unknown;
}
