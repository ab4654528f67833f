/** The servers that the client is tested against, each on a free port of the loopback. */
import { createServer, type Server as HttpServer } from "node:http";
import type { AddressInfo, Socket as NetSocket } from "node:net";
import { Server as OurServer } from "@sockeye/server";
import { Server as OfficialServer, type ServerOptions } from "socket.io";
import { onTestFinished } from "vitest";

type IoServer = OfficialServer;

export interface Running {
  io: IoServer;
  http: HttpServer;
  url: string;
  port: number;
  /** Cuts every connection with a RST. */
  reset(): void;
  /** Cuts every connection and closes the port. */
  kill(): Promise<void>;
}

type Make = (http: HttpServer, options: Partial<ServerOptions>) => IoServer;

/** Every suite runs against each of them. */
export const servers: [name: string, make: Make][] = [
  ["socket.io", (http, options) => new OfficialServer(http, options)],
  // What the tests use of a server is the same in both, which is the point.
  ["@sockeye/server", (http, options) => new OurServer(http, options as object) as unknown as IoServer],
];

/** Starts a server, which ends with the test. */
export async function serve(make: Make, options: Partial<ServerOptions> = {}, port = 0): Promise<Running> {
  const http = createServer();
  const io = make(http, options);
  const connections = new Set<NetSocket>();
  http.on("connection", (socket) => {
    connections.add(socket);
    socket.on("close", () => connections.delete(socket));
  });
  await new Promise<void>((resolve) => http.listen(port, "127.0.0.1", resolve));
  const address = http.address() as AddressInfo;
  const reset = (): void => {
    for (const socket of connections) socket.resetAndDestroy();
  };
  let killed: Promise<void> | undefined;
  const kill = (): Promise<void> => {
    killed ??= new Promise((resolve) => {
      http.close(() => resolve());
      reset();
      io.close();
    });
    return killed;
  };
  onTestFinished(kill);
  return { io, http, port: address.port, url: `http://127.0.0.1:${address.port}`, reset, kill };
}
