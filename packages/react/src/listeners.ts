/** Listeners of components: none loses an event, and all leave with their component. */
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
  const waiting: Untyped[][] = [];
  const keep: Listener = (...args) => waiting.push(args);
  const close = (): void => void socket.off(name, keep);
  let timer: ReturnType<typeof setTimeout> | undefined;
  if (socket.active) {
    socket.on(name, keep);
    timer = setTimeout(close, LONGEST_COMMIT);
  }
  return () => {
    clearTimeout(timer);
    close();
    // Before the listener is there: React takes back only effects that have come to their end.
    for (const args of waiting.splice(0)) deliver(...args);
    socket.on(name, deliver);
    return () => void socket.off(name, deliver);
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

interface Handlers {
  on(name: string, listener: Listener): () => void;
  once(name: string, listener: Listener): () => void;
  off(name?: string, listener?: Listener): void;
}

function handlers(socket: Socket): Handlers {
  /** Each removes its listener, if it is the one that is meant. */
  const mine = new Set<(name?: string, listener?: Listener) => void>();
  const add =
    (once: boolean): Handlers["on"] =>
    (name, listener) => {
      // Wrapped, so that the same function under another component stays.
      const wrapper: Listener = (...args) => {
        if (once) remove();
        listener(...args);
      };
      const remove = (its = name, one = listener): void => {
        if (its !== name || one !== listener) return;
        mine.delete(remove);
        socket.off(name, wrapper);
      };
      mine.add(remove);
      socket.on(name, wrapper);
      return () => remove();
    };
  return {
    on: add(false),
    once: add(true),
    off(name, listener) {
      for (const remove of mine) remove(name, listener);
    },
  };
}

export function useHandlers(socket: Socket): Handlers {
  const all = useMemo(() => handlers(socket), [socket]);
  useEffect(() => () => all.off(), [all]);
  return all;
}
