/** The wait for the first connection, as Suspense has it. */
import { type ConnectionState, observe, type Socket } from "@sockeye/client";
import * as React from "react";
import { useConnectionState } from "./use-connection.ts";
import { AboveContext, required } from "./use-owned-socket.ts";

const { useContext } = React;

/** `use` where React has it (19); bundlers complain about a plain import that React 18 does not fulfil. */
const use = (React as { [name: string]: unknown })[/* @__PURE__ */ String("use")] as
  | (<T>(promise: Promise<T>) => T)
  | undefined;

interface Wait {
  readonly promise: Promise<void>;
  outcome: "waiting" | "connected" | Error;
}

const waits = new WeakMap<Socket, Wait>();

/** Listens only: to connect is up to the provider. */
function waitFor(socket: Socket): Wait {
  const { subscribe, getSnapshot } = observe(socket);
  const wait: Wait = {
    outcome: "waiting",
    promise: new Promise((resolve) => {
      const check = (): void => {
        const { status, error } = getSnapshot();
        if (status === "connected") wait.outcome = status;
        else if (status === "disconnected" && error) wait.outcome = error;
        else return;
        stop();
        resolve();
      };
      const stop = subscribe(check);
      queueMicrotask(check);
    }),
  };
  waits.set(socket, wait);
  return wait;
}

/**
 * As `useConnection`, but suspends until there has been a connection once. The Suspense boundary must be within the
 * provider, which else would not come to connect. On a server it throws, so that the fallback is sent.
 * @param socket default: the nearest provider's
 * @throws Error what the server refused the connection with, until somebody connects again
 */
export function useSuspenseConnection(socket?: Socket): ConnectionState {
  const nearest = useContext(AboveContext).socket;
  const it = required(socket ?? nearest);
  const state = useConnectionState(it);
  if (typeof window === "undefined") throw new Error("There is no connection on a server");
  let wait = waits.get(it);
  // After a refusal, somebody may have connected again.
  const over = wait?.outcome instanceof Error && wait.outcome !== state.error;
  if (!wait || over) wait = waitFor(it);
  if (use) use(wait.promise);
  else if (wait.outcome === "waiting") throw wait.promise;
  if (wait.outcome instanceof Error) throw wait.outcome;
  return state;
}
