/** The state of the connection. */
import { type ConnectionState, observe, type Socket } from "@sockeye/client";
import { useMemo, useSyncExternalStore } from "react";

/** What a server renders: a page that has just been opened. */
const SERVER: ConnectionState = {
  status: "connecting",
  transport: undefined,
  attempt: 0,
  nextAttemptAt: undefined,
  error: undefined,
  recovered: false,
  online: true,
};

/** The state, for as long as the component is there. */
export function useConnectionState(socket: Socket): ConnectionState {
  const { subscribe, getSnapshot } = useMemo(() => observe(socket), [socket]);
  return useSyncExternalStore(subscribe, getSnapshot, () => SERVER);
}
