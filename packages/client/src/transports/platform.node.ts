/** What Node.js adds to every transport: headers, cookies, TLS, agents, sockets that let the process end. */
import type { EngineOptions } from "../engine/options.ts";
import type { TransportHome, TransportOptions } from "../engine/transport.ts";
import type { CookieJar } from "./cookie-jar.ts";

/** A session in Node.js. */
export interface NodeHome extends TransportHome {
  /** Only with `withCredentials`. */
  readonly _cookieJar?: CookieJar | undefined;
}

const CONNECTION = [
  "agent",
  "pfx",
  "key",
  "passphrase",
  "cert",
  "ca",
  "ciphers",
  "rejectUnauthorized",
] as const satisfies (keyof EngineOptions)[];

/** The options of `http.request`, `tls.connect` and `ws` among ours. Certificates are checked unless told otherwise. */
export function connectionOptions(opts: EngineOptions): Record<string, unknown> {
  const given = CONNECTION.filter((name) => opts[name] !== undefined && opts[name] !== null);
  const entries = given.map((name) => [name, opts[name]] as const);
  // Socket.IO's default, false, means Node's own agent; to Node it would mean a new one for each request.
  return Object.fromEntries(entries.filter(([name, value]) => name !== "agent" || value !== false));
}

/** The headers of a request, cookies included. */
export function requestHeaders({ extraHeaders = {}, socket }: TransportOptions): Record<string, string> {
  const { _cookieJar: jar } = socket as NodeHome;
  if (!jar) return { ...extraHeaders };
  const isCookie = (name: string): boolean => name.toLowerCase() === "cookie";
  const given = Object.entries(extraHeaders);
  const headers = Object.fromEntries(given.filter(([name]) => !isCookie(name)));
  const cookie = jar.header(given.find(([name]) => isCookie(name))?.[1]);
  return cookie ? { ...headers, cookie } : headers;
}
