/** io(): which Manager serves a URL. */
import type { Manager } from "./manager.ts";
import type { ManagerOptions, SocketOptions } from "./options.ts";
import type { Socket } from "./socket.ts";
import { decodeQuery, locate } from "./url.ts";

export type ConnectOptions = Partial<ManagerOptions & SocketOptions>;

/** Connects to a namespace; see {@link lookupWith}. */
export interface Lookup {
  (opts?: ConnectOptions): Socket;
  (uri?: string, opts?: ConnectOptions): Socket;
}

/**
 * Makes an io() over a class of Managers. Calls for the same server share a Manager, unless `forceNew` or
 * `multiplex: false` is given or the namespace is in use already.
 */
export function lookupWith(Class: new (uri: string, opts: Partial<ManagerOptions>) => Manager): Lookup {
  const cache: Record<string, Manager> = {};
  const lookup = (uri?: string | ConnectOptions, opts: ConnectOptions = {}): Socket => {
    if (typeof uri === "object") return lookup(undefined, uri);
    const { url, nsp } = locate(uri);
    const id = url.origin + (opts.path ?? "/socket.io");
    if (url.search) opts.query ??= decodeQuery(url.search);
    const own = opts.forceNew || opts.multiplex === false || cache[id]?.nsps[nsp];
    const manager = (!own && cache[id]) || new Class(url.href, opts);
    if (!own) cache[id] = manager;
    return manager.socket(nsp, opts);
  };
  return lookup;
}
