/** One port before several servers: each connection goes to the next of them, so that two windows are on two servers. */
import { connect, createServer, type Server } from "node:net";
import { pipeline } from "node:stream";

/**
 * Passes connections on to these ports of this machine, which may come and go. For a few people at most: whoever has
 * many lets the kernel do it (`sharePort` of @sockeye/cluster).
 */
export function front(ports: ReadonlyMap<string, number>): Server {
  let turn = 0;
  return createServer({ allowHalfOpen: true, noDelay: true }, (socket) => {
    const present = [...ports.values()];
    const port = present[turn++ % present.length];
    if (port === undefined) return void socket.destroy();
    const onward = connect({ port, host: "127.0.0.1", allowHalfOpen: true, noDelay: true });
    // When one of the two breaks, the other one ends with it.
    pipeline(socket, onward, socket, () => {});
  });
}
