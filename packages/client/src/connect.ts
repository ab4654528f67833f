/** io(): which Manager serves a URL. */
import type { Manager } from "./manager.ts";
import type { ManagerOptions, SocketOptions } from "./options.ts";
import type { Socket } from "./socket.ts";
import { decodeQuery, url } from "./url.ts";

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
  return (uri?: string | ConnectOptions, given?: ConnectOptions): Socket => {
    const text = typeof uri === "object" ? undefined : uri;
    const opts: ConnectOptions = (typeof uri === "object" ? uri : given) ?? {};
    const { id, path, source, query } = url(text, opts.path ?? "/socket.io");
    if (query && !opts.query) opts.query = decodeQuery(query);
    const known = cache[id];
    const own = opts.forceNew || opts.multiplex === false || (known && path in known.nsps);
    const manager = own ? new Class(source, opts) : (known ?? new Class(source, opts));
    if (!own) cache[id] = manager;
    return manager.socket(path, opts);
  };
}
