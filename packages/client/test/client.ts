/** Sockets that are closed with the test. */
import { onTestFinished } from "vitest";
import { io, type Socket } from "../src/index.node.ts";

/** As io(), on a connection of its own. */
export function connect(url: string, options: Parameters<typeof io>[1] = {}): Socket {
  const socket = io(url, { forceNew: true, reconnectionDelay: 10, reconnectionDelayMax: 50, ...options });
  onTestFinished(() => socket.io.close());
  return socket;
}
