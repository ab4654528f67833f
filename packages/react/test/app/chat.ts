/** The events of the app in the browser tests. */
import { createSocketContext, type SocketContext } from "@sockeye/react";

interface ServerToClient {
  tick: (n: number) => void;
}

interface ClientToServer {
  add: (a: number, b: number, reply: (sum: number) => void) => void;
}

export const chat: SocketContext<ServerToClient, ClientToServer> = createSocketContext("ChatProvider");

/** What the page's address asks for, and where the server is. */
export const settings = (search: string): { url: string; name: string } => {
  const query = new URLSearchParams(search);
  return { url: query.get("server") ?? "", name: query.get("name") ?? "nobody" };
};
