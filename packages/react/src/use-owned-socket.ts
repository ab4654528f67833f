/** The socket of a provider: made once, connected while the provider is there, kept up to date. */
import { type ConnectOptions as ClientOptions, Manager, type Socket } from "@sockeye/client";
import type { Untyped } from "@sockeye/core";
import { type Context, createContext, useContext, useEffect, useMemo, useState } from "react";
import { hold } from "./hold.ts";

/** What a provider tells those below it, whatever their events. */
export interface Above {
  /** The nearest provider's. */
  readonly socket?: Socket;
  /** The connections by server, for further namespaces of it. */
  readonly managers?: Readonly<Record<string, Manager>>;
}

export const AboveContext: Context<Above> = /* @__PURE__ */ createContext<Above>({});

/** The socket, or the error that tells which provider is missing. */
export function required<T>(socket: T | undefined, provider = "WebSocketProvider"): T {
  if (!socket) throw new Error(`There is no <${provider}> above this component`);
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
const URL_PARTS = /^((?:\w+:)?(?:\/\/)?[^/?#]*)(\/[^?#]*)?/;

interface Made {
  readonly id: string;
  readonly shared: Manager | undefined;
  readonly socket: Socket;
}

/** The socket, with what is to be told to those below. */
export function useOwnedSocket({
  url = "",
  namespace,
  socket: given,
  enabled = given ? undefined : true,
  options = {},
  auth = options.auth,
  query = options.query,
  extraHeaders = options.extraHeaders,
}: ConnectionProps): Above & { readonly socket: Socket } {
  const { socket: nearest, managers } = useContext(AboveContext);
  const [made, setMade] = useState<Made>();
  const [, host, path = "/"] = URL_PARTS.exec(url) as unknown as [string, string, string?];
  const server = host + (options.path ?? "");
  const alone = options.forceNew || options.multiplex === false;
  const shared = alone ? undefined : server ? managers?.[server] : nearest?.io;
  const nsp = namespace ?? path;
  const id = `${server} ${nsp}`;

  let own = made;
  if (!given && (own?.id !== id || own.shared !== shared)) {
    const all: Untyped = { ...options, auth, query, extraHeaders, autoConnect: false };
    own = { id, shared, socket: (shared ?? new Manager(url, all)).socket(nsp, all) };
    setMade(own);
  }
  const socket = given ?? (own as Made).socket;
  const { io } = socket;

  useEffect(() => {
    // What belongs to others changes only where there is something to say.
    if (auth || !given) socket.auth = auth as Untyped;
    const { opts }: { opts: Untyped } = io;
    const ours = !(given || shared);
    if (query || ours) opts.query = query;
    if (extraHeaders || ours) opts.extraHeaders = extraHeaders;
  });
  useEffect(() => (enabled === undefined ? undefined : hold(socket, enabled)), [socket, enabled]);
  return useMemo(() => ({ socket, managers: { ...managers, [server]: io } }), [socket, managers, server, io]);
}
