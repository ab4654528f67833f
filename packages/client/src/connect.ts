/** io(): which Manager serves a URL. */
import type { Untyped } from "@sockeye/core";
import type { ManagerOptions } from "./options.ts";
import { decodeQuery, locate } from "./url.ts";

/** Connects to a namespace; see {@link lookupWith}. */
export interface Lookup<Options, Result> {
  (opts?: Options): Result;
  (uri?: string, opts?: Options): Result;
}

/** The part of a Manager that is needed here. */
interface Home<Result> {
  nsps: Record<string, unknown>;
  socket(nsp: string, opts: Untyped): Result;
}

/**
 * Makes an io() over a class of Managers. Calls for the same server share a Manager, unless `forceNew` or
 * `multiplex: false` is given or the namespace is in use already.
 */
export function lookupWith<Options extends Partial<ManagerOptions>, Result>(
  Class: new (uri: string, opts: Untyped) => Home<Result>,
): Lookup<Options, Result> {
  const cache: Record<string, Home<Result>> = {};
  const lookup = (uri?: string | Options, opts: Partial<ManagerOptions> = {}): Result => {
    if (typeof uri === "object") return lookup(undefined, uri);
    const { url, nsp } = locate(uri);
    const id = url.origin + (opts.path ?? "/socket.io");
    if (url.search) opts.query ??= decodeQuery(url.search);
    if (opts.forceNew || opts.multiplex === false || cache[id]?.nsps[nsp]) {
      return new Class(url.href, opts).socket(nsp, opts);
    }
    cache[id] ??= new Class(url.href, opts);
    return cache[id].socket(nsp, opts);
  };
  return lookup;
}
