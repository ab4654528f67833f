/** The playground on an HTTP server: the page, the chat, and the ways to break it. */
import type { Server as HttpServer, IncomingMessage } from "node:http";
import { fileURLToPath } from "node:url";
import { Server, type ServerOptions } from "@sockeye/server";
import sirv from "sirv";
import { type BreakOptions, breakable, Offline } from "./break.ts";
import { type ChatServer, chat } from "./chat.ts";
import { Histories } from "./histories.ts";

const PAGE = fileURLToPath(new URL("../dist/page", import.meta.url));

export interface PlaygroundOptions extends Partial<BreakOptions> {
  /** What was said before. */
  histories?: Histories;
  /** What this server is called, if it is one of several; the page shows it. */
  node?: string;
  /** Further options of the Sockeye server, such as its adapter. */
  server?: Partial<ServerOptions>;
}

/** Pages of other sites have no business here. */
const isOwnPage = ({ headers: { origin, host } }: IncomingMessage): boolean =>
  origin === undefined || (URL.canParse(origin) && new URL(origin).host === host);

/** Serves the playground on `http`, which need not listen yet; `npm run build` has made the page. */
export function serve(http: HttpServer, options: PlaygroundOptions = {}): ChatServer {
  const { histories = new Histories(), node, offlineFor = 10_000, restart, server } = options;
  const offline = new Offline();
  http.on("request", sirv(PAGE, { dev: true }));
  const io: ChatServer = new Server(http, {
    serveClient: false,
    maxHttpBufferSize: 2_000_000,
    // Quick enough to watch.
    pingInterval: 2000,
    pingTimeout: 2000,
    connectionStateRecovery: { maxDisconnectionDuration: 120_000 },
    allowRequest: (request, decide) => decide(null, isOwnPage(request) && !offline.cuts(request)),
    ...server,
  });
  chat(io, histories, node);
  breakable(io, http, offline, { offlineFor, restart, others: node !== undefined });
  return io;
}
