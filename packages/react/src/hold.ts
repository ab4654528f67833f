/** Who wants a socket to be connected; it is disconnected when nobody has wanted it for one turn. */
import type { Socket } from "@sockeye/client";

/** Once for each that wants it. */
const held: Socket[] = [];

/**
 * Connects, if so wanted; returns what takes it back. StrictMode and Fast Refresh take effects back and repeat them
 * in the same turn, which therefore costs no connection.
 */
export function hold(socket: Socket, wanted: boolean): () => void {
  if (wanted) {
    held.push(socket);
    socket.connect();
  }
  return () => {
    if (wanted) held.splice(held.indexOf(socket), 1);
    // Also where it was not wanted: it may have been connected by hand.
    setTimeout(() => held.includes(socket) || socket.disconnect());
  };
}
