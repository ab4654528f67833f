/** A server that gives the scenario on a free port, with one more HTTP route that tells how sockets left. */
import {
  createServer,
  type Server as HttpServer,
  type IncomingMessage,
  type ServerResponse,
} from "node:http";
import type { AddressInfo, Socket } from "node:net";
import type { Server, ServerOptions } from "socket.io";
import msgpackParser from "socket.io-msgpack-parser";
import { stage } from "./scenario.ts";

/** What can be told to a server in another process: plain data. */
export interface StageOptions {
  server?: Partial<ServerOptions>;
  msgpack?: boolean;
}

export interface Stage {
  url: string;
  /** The reason with which this socket left its namespace; waits until it has. */
  gone(id: string): Promise<string>;
  /** As an application does: `io.close()`. */
  close(): Promise<void>;
  /** Closes at the end of a row, and cuts what guests leave open for half a second: some never close their side. */
  clear(): Promise<void>;
}

export type Stack = "official" | "sockeye";

/** The constructor under test; ours stands in for the official one, whose types the scenario is written for. */
async function serverOf(stack: Stack): Promise<typeof Server> {
  if (stack === "official") return (await import("socket.io")).Server;
  return ((await import("@sockeye/server")) as unknown as typeof import("socket.io")).Server;
}

export interface Theatre {
  io: Server;
  url: string;
  clear(): Promise<void>;
}

/** @param listen where the server listens; by default on a free loopback port */
export async function openTheatre(
  stack: Stack,
  options: StageOptions = {},
  listen: (http: HttpServer) => Promise<void> = listenAnywhere,
): Promise<Theatre> {
  const ServerUnderTest = await serverOf(stack);
  const departures = new Departures();
  const http = createServer((request, response) => departures.tell(request, response));
  const parser = options.msgpack ? { parser: msgpackParser } : {};
  const io = new ServerUnderTest(http, { ...options.server, ...parser });
  stage(io);
  departures.watch(io);
  const connections = connectionsOf(http);
  await listen(http);
  const url = `http://127.0.0.1:${(http.address() as AddressInfo).port}`;
  return { io, url, clear: () => clear(io, connections) };
}

function connectionsOf(http: HttpServer): Set<Socket> {
  const connections = new Set<Socket>();
  http.on("connection", (connection: Socket) => {
    connections.add(connection);
    connection.once("close", () => connections.delete(connection));
  });
  return connections;
}

async function clear(io: Server, connections: Set<Socket>): Promise<void> {
  const patience = setTimeout(() => {
    for (const connection of connections) connection.destroy();
  }, 500);
  await io.close();
  clearTimeout(patience);
}

async function listenAnywhere(http: HttpServer): Promise<void> {
  await new Promise<void>((resolve) => http.listen(0, "127.0.0.1", resolve));
}

/** Asks the route of `Departures`. */
export async function askReason(url: string, id: string): Promise<string> {
  const response = await fetch(`${url}/gone?id=${id}`, { headers: { connection: "close" } });
  return response.text();
}

class Departures {
  readonly #reasons = new Map<string, string>();
  readonly #waiting = new Map<string, ServerResponse>();

  watch(io: Server): void {
    const note = (id: string, reason: string): void => {
      this.#reasons.set(id, reason);
      this.#waiting.get(id)?.end(reason);
    };
    const nsps = [io.of("/"), io.of("/admin")];
    for (const nsp of nsps)
      nsp.on("connection", (socket) => socket.on("disconnect", (reason) => note(socket.id, reason)));
  }

  tell(request: IncomingMessage, response: ServerResponse): void {
    const id = new URL(request.url ?? "/", "http://localhost").searchParams.get("id") ?? "";
    const reason = this.#reasons.get(id);
    if (reason === undefined) this.#waiting.set(id, response);
    else response.end(reason);
  }
}
