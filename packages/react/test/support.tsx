/** A server under test, and what every test of the hooks needs. */
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { Server, type ServerOptions, type Socket } from "@sockeye/server";
import { cleanup, configure } from "@testing-library/react";
import type { ReactNode } from "react";
import { afterEach, onTestFinished, vi } from "vitest";
import { WebSocket } from "ws";

afterEach(cleanup);
// The machine may be busy.
configure({ asyncUtilTimeout: 8000 });

// That of jsdom lets `close` overtake what was sent before.
vi.stubGlobal("WebSocket", WebSocket);

/** By WebSocket alone, and soon back after a loss. */
export const FAST = { transports: ["websocket"], reconnectionDelay: 10, randomizationFactor: 0 } as const;

/** Options for a provider; a new object each time, as a component would write it. */
export const fast = (): { transports: ["websocket"]; reconnectionDelay: number } => ({
  ...FAST,
  transports: ["websocket"],
});

export interface Place {
  io: Server;
  url: string;
  /** The connections below all namespaces, since the start. */
  connections: () => number;
  /** The next socket that connects to a namespace. */
  next: (namespace?: string) => Promise<Socket>;
}

export async function serve(options: Partial<ServerOptions> = {}): Promise<Place> {
  const http = createServer();
  const io = new Server(http, { serveClient: false, ...options });
  let connections = 0;
  io.engine.on("connection", () => {
    connections++;
  });
  http.listen(0, "127.0.0.1");
  await once(http, "listening");
  onTestFinished(() => io.close());
  return {
    io,
    url: `http://127.0.0.1:${(http.address() as AddressInfo).port}`,
    connections: () => connections,
    next: (namespace = "/") => new Promise((resolve) => io.of(namespace).once("connection", resolve)),
  };
}

/** Why a socket of the server has gone. */
export const gone = async (socket: Socket): Promise<string> =>
  (await once(socket as never, "disconnect"))[0] as string;

/** A component whose body is given. */
export const Use = ({ hook }: { hook: () => unknown }): ReactNode => (hook() ?? null) as ReactNode;

/** Keeps errors that a test provokes from the console. */
export function hush(): void {
  const quiet = vi.spyOn(console, "error").mockImplementation(() => {});
  const handled = (event: Event): void => event.preventDefault();
  window.addEventListener("error", handled);
  onTestFinished(() => {
    quiet.mockRestore();
    window.removeEventListener("error", handled);
  });
}
