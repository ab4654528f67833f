/** Who wants a socket to be connected; it is disconnected when nobody has wanted it for one turn. */
import type { Socket } from "@sockeye/client";

const holders = new WeakMap<Socket, number>();

function count(socket: Socket, by: number): number {
  const sum = (holders.get(socket) ?? 0) + by;
  holders.set(socket, sum);
  return sum;
}

/**
 * Connects, if so wanted; returns what takes it back. StrictMode and Fast Refresh take effects back and repeat them
 * in the same turn, which therefore costs no connection.
 */
export function hold(socket: Socket, wanted: boolean): () => void {
  const by = Number(wanted);
  count(socket, by);
  if (wanted) socket.connect();
  return () => {
    count(socket, -by);
    // Also where it was not wanted: it may have been connected by hand.
    setTimeout(() => count(socket, 0) || socket.disconnect());
  };
}
