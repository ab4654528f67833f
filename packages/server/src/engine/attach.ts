/** The engine as a guest of an HTTP server: its path is served, everything else stays as it was. */
import type { Server as HttpServer, IncomingMessage, ServerResponse } from "node:http";
import type { Duplex } from "node:stream";
import type { Clock } from "@sockeye/core";
import type { AttachOptions } from "./options.ts";
import { claim } from "./request.ts";

/** What is attached. */
export interface Guest {
  handleRequest(req: IncomingMessage, res: ServerResponse): void;
  handleUpgrade(req: IncomingMessage, socket: Duplex, head: Buffer): void;
  close(): unknown;
}

type RequestListener = (req: IncomingMessage, res: ServerResponse) => void;

export function attachTo(
  server: HttpServer,
  guest: Guest,
  path: string,
  options: AttachOptions,
  clock: Clock,
): void {
  const others = server.listeners("request") as RequestListener[];
  server.removeAllListeners("request");
  server.on("request", (request, response) => {
    if (matches(request, path)) {
      if (server.listenerCount("request") === 1) claim(request);
      guest.handleRequest(request, response);
    } else for (const listener of others) listener.call(server, request, response);
  });
  server.on("upgrade", (request, socket, head) => {
    if (matches(request, path)) {
      if (server.listenerCount("upgrade") === 1) claim(request);
      guest.handleUpgrade(request, socket, head);
    } else if (options.destroyUpgrade !== false)
      endUnlessAnswered(socket, options.destroyUpgradeTimeout, clock);
  });
  server.on("close", () => guest.close());
}

/** The path itself, and whatever is below it. */
function matches({ url = "" }: IncomingMessage, path: string): boolean {
  if (!url.startsWith(path)) return false;
  if (path.endsWith("/") || url.length === path.length) return true;
  return "/?#".includes(url.charAt(path.length));
}

/** An upgrade that no listener answers would hang for ever. */
function endUnlessAnswered(socket: Duplex, timeout = 1000, clock: Clock): void {
  const onError = (): void => void socket.destroy();
  socket.on("error", onError);
  clock.setTimeout(() => {
    socket.off("error", onError);
    if (!socket.writable || hasWritten(socket)) return;
    socket.on("error", onError);
    socket.end();
  }, timeout);
}

function hasWritten(socket: Duplex): boolean {
  return "bytesWritten" in socket && typeof socket.bytesWritten === "number" && socket.bytesWritten > 0;
}
