/** The state of a connection as a store that any UI library can bind. */
import { isOnline } from "./page.ts";
import type { Socket } from "./socket.ts";

/** The state at one moment; frozen, and the same object as long as nothing changes. */
export interface ConnectionState {
  /** "connecting" is the first attempt, "reconnecting" those after a loss or failure. */
  readonly status: "connecting" | "connected" | "reconnecting" | "disconnected";
  /** Name of the transport in use; undefined without a connection. */
  readonly transport: string | undefined;
  /** Number of the present or next attempt to restore the connection; 0 while there is none. */
  readonly attempt: number;
  /** When the next attempt is due, as `Date.now()` tells time. */
  readonly nextAttemptAt: number | undefined;
  /** Why there is no connection, as far as an error told. */
  readonly error: Error | undefined;
  /** Whether the last connection took up the one before. */
  readonly recovered: boolean;
  /** Whether the platform believes that there is a network. */
  readonly online: boolean;
}

/** The contract of `useSyncExternalStore`, of Svelte's and of others. */
export interface ConnectionStore {
  /** Calls back at each change; returns what ends it. */
  subscribe(listener: () => void): () => void;
  getSnapshot(): ConnectionState;
}

function read({ connected, active, recovered, lastError, io }: Socket): ConnectionState {
  const { engine, attempts, nextAttemptAt, _readyState: state } = io;
  const waiting = active && io._reconnecting ? "reconnecting" : active && state !== "closed" && "connecting";
  return {
    status: connected ? "connected" : waiting || "disconnected",
    transport: state === "open" ? engine.transport.name : undefined,
    attempt: attempts,
    nextAttemptAt,
    error: lastError,
    recovered,
    online: isOnline(),
  };
}

/**
 * Watches a socket. It listens only while it has subscribers, so it need not be ended.
 *
 * @example
 * const { subscribe, getSnapshot } = observe(socket);
 * const state = useSyncExternalStore(subscribe, getSnapshot);
 */
export function observe(socket: Socket): ConnectionStore {
  let state: ConnectionState | undefined;
  const getSnapshot = (): ConnectionState => {
    const next = read(socket);
    const before = state as unknown as Record<string, unknown>;
    if (!before || Object.entries(next).some(([key, value]) => value !== before[key])) {
      state = Object.freeze(next);
    }
    return state as ConnectionState;
  };
  return {
    subscribe(listener) {
      let seen = getSnapshot();
      const changed = (): void => {
        const now = getSnapshot();
        if (now === seen) return;
        seen = now;
        listener();
      };
      socket.io.on("change", changed);
      return () => void socket.io.off("change", changed);
    },
    getSnapshot,
  };
}
