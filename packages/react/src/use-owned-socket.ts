/** The socket of a provider: made once, connected while the provider is there, kept up to date. */
import { type ConnectOptions as ClientOptions, Manager, type Socket } from "@sockeye/client";
import type { Untyped } from "@sockeye/core";
import { type Context, createContext, useContext, useEffect, useMemo, useState } from "react";
import { hold } from "./hold.ts";

/** What a provider tells those below it, whatever their events. */
export interface Above {
  /** The nearest provider's. */
  readonly socket?: Socket;
  /** The connections by server, for further namespaces of it; the nearest provider's is that of "". */
  readonly managers: Readonly<Record<string, Manager>>;
}

export const AboveContext: Context<Above> = /* @__PURE__ */ createContext<Above>({ managers: {} });

/** The socket, or the error that tells which provider is missing. */
export function required<T>(socket: T | undefined, provider = "WebSocketProvider"): T {
  if (!socket) throw new Error(`No <${provider}> above this component`);
  return socket;
}

/** What a connection is made of. */
export interface ConnectionProps {
  /**
   * Server and namespace as for `io()`, such as `https://example.com/chat`. Without a server: that of the provider
   * above, or else of the page.
   */
  url?: string | undefined;
  /** The namespace, if the url does not tell. Default: "/". */
  namespace?: `/${string}` | undefined;
  /** A socket of your own in place of a url. It is neither connected nor disconnected unless `enabled` is given. */
  socket?: Socket | undefined;
  /** Whether there is to be a connection. Default: true. */
  enabled?: boolean | undefined;
  /** Options of `io()`, read when the connection is made; a new object is no new connection. */
  options?: ClientOptions | undefined;
  /** Credentials; a change takes effect at the next connection. */
  auth?: ClientOptions["auth"];
  /** Query parameters; a change takes effect at the next connection. */
  query?: ClientOptions["query"];
  /** HTTP headers, where the platform allows them; a change takes effect at the next connection. */
  extraHeaders?: ClientOptions["extraHeaders"];
}

/** Server (as far as it is told), then namespace. */
const URL_PARTS = /^((?:\w*:?\/\/)?[^/?#]*)([^?#]*)/;

interface Made {
  readonly id: string;
  readonly socket: Socket;
}

/** The socket, with what is to be told to those below. */
export function useOwnedSocket({
  url = "",
  namespace,
  socket: given,
  enabled = !given || undefined,
  options = {},
  ...late
}: ConnectionProps): Above & { readonly socket: Socket } {
  const { managers } = useContext(AboveContext);
  const [made, setMade] = useState<Made>();
  const [, host, path] = URL_PARTS.exec(url) as unknown as [string, string, string];
  const all: Untyped = { ...options, ...late, autoConnect: false };
  const server = host + (options.path ?? "");
  const shared = options.forceNew || options.multiplex === false ? undefined : managers[server];
  const nsp = namespace ?? (path || "/");
  const id = `${server} ${nsp}`;

  let own = made;
  if (!given && (own?.id !== id || (shared ?? own.socket.io) !== own.socket.io)) {
    own = { id, socket: (shared ?? new Manager(url, all)).socket(nsp, all) };
    setMade(own);
  }
  const socket = given ?? (own as Made).socket;
  useEffect(() => {
    // What belongs to others changes only where there is something to say.
    const theirs = (given?.io ?? shared)?.opts;
    const { opts }: { opts: Untyped } = socket.io;
    socket.auth = all.auth ?? given?.auth;
    opts.query = all.query ?? theirs?.query;
    opts.extraHeaders = all.extraHeaders ?? theirs?.extraHeaders;
  });
  useEffect(() => (enabled === undefined ? undefined : hold(socket, enabled)), [socket, enabled]);
  return useMemo(() => {
    const { io } = socket;
    return { socket, managers: { ...managers, [server]: io, "": io } };
  }, [socket, managers, server]);
}
