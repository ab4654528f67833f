/** createSocketContext(): a provider and its hooks, over a React context of their own. */
import type { Socket } from "@sockeye/client";
import type { DefaultEventsMap, EventsMap, Untyped } from "@sockeye/core";
import { createContext, createElement, type ReactElement, useContext, useMemo, useState } from "react";
import { useEvent, useHandlers } from "./listeners.ts";
import type { ConnectOptions, ProviderProps, SocketContext } from "./socket-context.ts";
import { type AckOptions, useAcknowledged } from "./use-ack.ts";
import { useConnectionState } from "./use-connection.ts";
import { AboveContext, required, useOwnedSocket } from "./use-owned-socket.ts";

type AnyFunction = (...args: Untyped[]) => Untyped;

/**
 * @param name what errors and the developer tools call the provider
 *
 * @example
 * export const { WebSocketProvider, useSocketEvent, useEmit } = createSocketContext<ServerToClient, ClientToServer>();
 */
export function createSocketContext<
  ListenEvents extends EventsMap = DefaultEventsMap,
  EmitEvents extends EventsMap = ListenEvents,
>(name?: string): SocketContext<ListenEvents, EmitEvents> {
  // Inside, events have no types: those are the public interface's.
  const WebSocketContext = createContext<Socket | undefined>(undefined);
  const above = (): Socket => required(useContext(WebSocketContext), name);

  const provide = ({ children, ...props }: ProviderProps<Untyped, Untyped>): ReactElement => {
    const below = useOwnedSocket(props);
    const inner = createElement(WebSocketContext.Provider, { value: below.socket }, children);
    return createElement(AboveContext.Provider, { value: below }, inner);
  };
  provide.displayName = name;

  const hooks = {
    WebSocketContext,
    WebSocketProvider: provide,
    useSocket: above,
    useWebSocketConnect(options: ConnectOptions<Untyped, Untyped> = {}) {
      const { socket } = useOwnedSocket(options);
      const { status } = useConnectionState(socket);
      const actions = useMemo(
        () => ({ socket, connect: () => void socket.connect(), disconnect: () => void socket.disconnect() }),
        [socket],
      );
      return { status, ...actions };
    },
    useConnection: () => useConnectionState(above()),
    useSocketEvent: (event: string, handler: AnyFunction) => useEvent(above(), event, handler),
    useSocketState(event: string, reducer: AnyFunction, initial: unknown) {
      const [state, setState] = useState(initial);
      useEvent(above(), event, (...args) => setState((before: unknown) => reducer(before, ...args)));
      return state;
    },
    useEmit() {
      const socket = above();
      return useMemo(
        () =>
          (...args: [string, ...unknown[]]) =>
            void socket.emit(...args),
        [socket],
      );
    },
    useAck: (event: string, options: AckOptions) => useAcknowledged(above(), event, options),
    useWebSocketEventHandler: () => useHandlers(above()),
  };
  return hooks as unknown as SocketContext<ListenEvents, EmitEvents>;
}
