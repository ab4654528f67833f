/** The state of the connection. */
import { type ConnectionState, observe, type Socket } from "@sockeye/client";
import { useMemo, useSyncExternalStore } from "react";

/** What a server renders: a page that has just been opened. */
const SERVER = { status: "connecting", attempt: 0, recovered: false, online: true } as ConnectionState;

/** The state, for as long as the component is there. */
export function useConnectionState(socket: Socket): ConnectionState {
  const { subscribe, getSnapshot } = useMemo(() => observe(socket), [socket]);
  return useSyncExternalStore(subscribe, getSnapshot, () => SERVER);
}
