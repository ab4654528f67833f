/** An event from the first render on: nothing is lost until the effect of the component runs. */
import type { Socket } from "@sockeye/client";
import type { Untyped } from "@sockeye/core";
import { useEffect, useInsertionEffect, useMemo, useRef } from "react";

type Listener = (...args: Untyped[]) => unknown;

/** In milliseconds; React holds a rendered tree back for a minute at most (for its style sheets). */
const LONGEST_COMMIT = 60_000;

/**
 * Under concurrent rendering, a component that appears while the connection is live may be rendered long before its
 * effects run. Events are kept from the render on, and handed over in the effect. A render that React throws away
 * leaves a listener behind, which ends by itself; on a server there is no connection and so no listener.
 * @returns the effect
 */
function mailbox(socket: Socket, name: string, deliver: Listener): () => () => void {
  let waiting: Untyped[][] = [];
  let take: Listener = (...args) => waiting.push(args);
  const listener: Listener = (...args) => take(...args);
  let timer: ReturnType<typeof setTimeout> | undefined;
  const close = (): void => {
    clearTimeout(timer);
    socket.off(name, listener);
  };
  if (socket.active) {
    socket.on(name, listener);
    timer = setTimeout(close, LONGEST_COMMIT);
  }
  return () => {
    close();
    socket.on(name, listener);
    take = deliver;
    const kept = waiting;
    waiting = [];
    try {
      for (const args of kept) deliver(...args);
    } catch (error) {
      // React takes back only effects that have come to their end.
      close();
      throw error;
    }
    return close;
  };
}

/** Calls the handler of the latest render. */
export function useEvent(socket: Socket, name: string, handler: Listener): void {
  const latest = useRef(handler);
  useInsertionEffect(() => {
    latest.current = handler;
  });
  // Should React forget the memo, the new effect takes over from the old one.
  const effect = useMemo(() => mailbox(socket, name, (...args) => latest.current(...args)), [socket, name]);
  useEffect(effect, [effect]);
}
