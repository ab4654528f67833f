/** The servers that recordings are made against, each on a free port of the loopback. */
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo, Socket as NetSocket } from "node:net";
import { io, type ManagerOptions, type Socket, type SocketOptions } from "@sockeye/client";
import { Server as OurServer } from "@sockeye/server";
import { Server as OfficialServer, type ServerOptions } from "socket.io";
import { onTestFinished } from "vitest";
import { type Entry, type Recording, type RecordOptions, record } from "../src/index.ts";

type Make = (http: ReturnType<typeof createServer>, options: Partial<ServerOptions>) => OfficialServer;

export const servers: [name: string, make: Make][] = [
  ["socket.io", (http, options) => new OfficialServer(http, options)],
  // What the tests use of a server is the same in both.
  ["@sockeye/server", (http, options) => new OurServer(http, options as object) as unknown as OfficialServer],
];

export interface Place {
  io: OfficialServer;
  url: string;
  /** Cuts every connection with a RST. */
  cut(): void;
}

export async function serve(make: Make, options: Partial<ServerOptions> = {}): Promise<Place> {
  const http = createServer();
  const server = make(http, options);
  const connections = new Set<NetSocket>();
  http.on("connection", (socket) => {
    connections.add(socket);
    socket.on("close", () => connections.delete(socket));
  });
  http.listen(0, "127.0.0.1");
  await once(http, "listening");
  const cut = (): void => {
    for (const socket of connections) socket.resetAndDestroy();
  };
  onTestFinished(async () => {
    cut();
    await server.close();
  });
  return { io: server, url: `http://127.0.0.1:${(http.address() as AddressInfo).port}`, cut };
}

export interface Taped {
  socket: Socket;
  recording: Recording;
  entries(): readonly Entry[];
  /** Resolves as soon as an entry fits. */
  seen(fits: (entry: Entry) => boolean): Promise<Entry>;
}

/** A socket that is recorded from its first moment. */
export function tape(
  url: string,
  options: Partial<ManagerOptions & SocketOptions> = {},
  recordOptions: RecordOptions = {},
): Taped {
  const socket = io(url, { forceNew: true, reconnectionDelay: 10, ...options });
  const recording = record(socket, recordOptions);
  onTestFinished(() => {
    recording.stop();
    socket.io.close();
  });
  const entries = (): readonly Entry[] => recording.getSnapshot().entries;
  const seen = (fits: (entry: Entry) => boolean): Promise<Entry> =>
    new Promise((resolve) => {
      const look = (): void => {
        const entry = entries().find(fits);
        if (!entry) return;
        stop();
        resolve(entry);
      };
      const stop = recording.subscribe(look);
      look();
    });
  return { socket, recording, entries, seen };
}

/** An entry in short: "> EVENT chat", "< 200". */
export function brief(entry: Entry): string {
  switch (entry.kind) {
    case "note":
      return `* ${entry.text}`;
    case "request":
      return `> ${entry.method} ${entry.transport}`;
    case "response":
      return `< ${entry.status} ${entry.method}`;
    case "frame":
      return `${entry.direction === "out" ? ">" : "<"} ${entry.type}${entry.text === "probe" ? " probe" : ""}`;
    case "packet":
      return `${entry.direction === "out" ? ">" : "<"} ${entry.type}${entry.event ? ` ${entry.event}` : ""}`;
  }
}
