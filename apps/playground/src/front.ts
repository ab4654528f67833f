/** One port before several servers: each connection goes to any of them. */
import { connect, createServer, type Server } from "node:net";
import { pipeline } from "node:stream";

/**
 * Passes connections on to these ports of this machine, which may come and go. For a few people at most: whoever has
 * many lets the kernel do it (`sharePort` of @sockeye/cluster).
 */
export function front(ports: ReadonlyMap<string, number>): Server {
  return createServer({ allowHalfOpen: true, noDelay: true }, (socket) => {
    const present = [...ports.values()];
    // By turns, windows that open as many connections as there are servers would all be on the same one.
    const port = present[Math.floor(Math.random() * present.length)];
    if (port === undefined) return void socket.destroy();
    const onward = connect({ port, host: "127.0.0.1", allowHalfOpen: true, noDelay: true });
    // When one of the two breaks, the other one ends with it.
    pipeline(socket, onward, socket, () => {});
  });
}
