/** Ways to break one's own connection, so that one can watch it heal. Only for people at this machine. */
import type { Server as HttpServer, IncomingMessage } from "node:http";
import type { Socket as TcpSocket } from "node:net";
import type { ChatServer, ChatSocket } from "./chat.ts";
import { isBreak } from "./checks.ts";
import type { Break, Refusal } from "./events.ts";

export interface BreakOptions {
  /** How long a client that goes offline stays so, in milliseconds. */
  offlineFor: number;
  /** Closes the server, and brings it back. Without it, that is refused. */
  restart?: (() => void) | undefined;
  /** There are other servers, which must know who is offline. */
  others: boolean;
}

const param = ({ url = "" }: IncomingMessage, name: string): string | null =>
  new URL(url, "http://localhost").searchParams.get(name);

/** Connections that come from this machine to a page of this machine. */
const isLocal = ({ address, headers }: ChatSocket["handshake"]): boolean =>
  /^(::ffff:)?127\.|^::1$/.test(address) && /^(localhost|127\.0\.0\.1|\[::1\])(:|$)/.test(headers.host ?? "");

/** Which clients are offline: their connections are cut, and requests of theirs get no answer. */
export class Offline {
  readonly #tabs = new Map<string, number>();

  add(tab: string, duration: number): void {
    const now = Date.now();
    for (const [each, until] of this.#tabs) if (until < now) this.#tabs.delete(each);
    this.#tabs.set(tab, now + duration);
  }

  /** Cuts the request off if its client is offline; the client sees what it sees without a network. */
  cuts(request: IncomingMessage): boolean {
    const cut = Date.now() < (this.#tabs.get(param(request, "tab") ?? "") ?? 0);
    if (cut) request.socket.destroy();
    return cut;
  }
}

/** Lets the clients of `io`, which is on `http`, break their own connections. */
export function breakable(io: ChatServer, http: HttpServer, offline: Offline, options: BreakOptions): void {
  const wires = new Map<string, Set<TcpSocket>>();
  const note = (request: IncomingMessage): void => {
    const session = param(request, "sid");
    if (session) wires.get(session)?.add(request.socket);
  };
  http.prependListener("request", note);
  http.prependListener("upgrade", note);
  io.engine.on("connection", (session) => {
    wires.set(session.id, new Set([session.request.socket]));
    session.on("close", () => wires.delete(session.id));
  });

  const wiresOf = ({ conn }: ChatSocket): Iterable<TcpSocket> => wires.get(conn.id) ?? [];
  const cut = (socket: ChatSocket): void => {
    for (const wire of wiresOf(socket)) wire.destroy();
  };
  const ways: Record<Break, (socket: ChatSocket) => void> = {
    drop: cut,
    offline(socket) {
      const tab = String(socket.handshake.query.tab);
      offline.add(tab, options.offlineFor);
      if (options.others) io.serverSideEmit("offline", tab, options.offlineFor);
      cut(socket);
    },
    silence(socket) {
      // As of a server that hangs: the connection stays, and nothing leaves by it any more.
      for (const wire of wiresOf(socket)) wire.cork();
    },
    restart: () => options.restart?.(),
  };

  io.on("offline", (tab: string, duration: number) => offline.add(tab, duration));
  io.on("connection", (socket) => {
    socket.on("break", (how, done) => {
      if (typeof done !== "function") return;
      const refusal = refuse(socket, how, options);
      done(refusal);
      if (refusal) return;
      // Once the answer has left, which by long-polling takes a poll; whoever is gone has nothing to break any more.
      socket.drained().then(
        () => ways[how](socket),
        () => {},
      );
    });
  });
}

function refuse(
  { handshake, conn }: ChatSocket,
  how: unknown,
  { restart }: BreakOptions,
): Refusal | undefined {
  if (!isBreak(how)) return { error: "There is no such way to break a connection" };
  if (!isLocal(handshake)) return { error: "Connections are broken only from the server's own machine" };
  // An HTTP response is sent off in any case.
  if (how === "silence" && conn.transport.name === "polling") {
    return { error: "The server falls silent on a WebSocket only: wait for the upgrade" };
  }
  return how === "restart" && !restart ? { error: "This server is not restarted from the page" } : undefined;
}
