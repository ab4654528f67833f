/** Listeners that a component adds by hand, and that leave with it. */
import type { Socket } from "@sockeye/client";
import type { Untyped } from "@sockeye/core";
import { useEffect, useMemo } from "react";

type Listener = (...args: Untyped[]) => unknown;

interface Handlers {
  on(name: string, listener: Listener): () => void;
  once(name: string, listener: Listener): () => void;
  off(name?: string, listener?: Listener): void;
}

function handlers(socket: Socket): Handlers {
  // Wrapped, so that the same function under another component stays.
  let mine: (readonly [name: string, listener: Listener, wrapper: Listener])[] = [];
  const off: Handlers["off"] = (name, listener) => {
    mine = mine.filter(([itsName, its, wrapper]) => {
      const stays = (name ?? itsName) !== itsName || ![its, wrapper, undefined].includes(listener);
      if (!stays) socket.off(itsName, wrapper);
      return stays;
    });
  };
  const add =
    (once: boolean): Handlers["on"] =>
    (name, listener) => {
      const undo = (): void => off(name, wrapper);
      const wrapper: Listener = (...args) => {
        if (once) undo();
        listener(...args);
      };
      mine.push([name, listener, wrapper]);
      socket.on(name, wrapper);
      return undo;
    };
  return { on: add(false), once: add(true), off };
}

export function useHandlers(socket: Socket): Handlers {
  const all = useMemo(() => handlers(socket), [socket]);
  useEffect(() => () => all.off(), [all]);
  return all;
}
