/** The provider and the hooks of one set of events, typed. */
import type { ConnectionState, Socket, SocketReservedEvents } from "@sockeye/client";
import type {
  AckOf,
  DefaultEventsMap,
  EventNames,
  EventNamesWithAck,
  EventParams,
  EventsMap,
  ParamsWithoutAck,
  ReservedOrUserEventNames,
  ReservedOrUserListener,
} from "@sockeye/core";
import type { Context, ReactElement, ReactNode } from "react";
import type { Ack, AckOptions } from "./use-ack.ts";
import type { ConnectionProps } from "./use-owned-socket.ts";

type Names<Listen extends EventsMap> = ReservedOrUserEventNames<SocketReservedEvents, Listen>;
type Handler<Listen extends EventsMap, Ev extends Names<Listen>> = ReservedOrUserListener<
  SocketReservedEvents,
  Listen,
  Ev
>;

/** Sends an event; a function as last argument is called with the acknowledgement. */
export type Emit<EmitEvents extends EventsMap> = <Ev extends EventNames<EmitEvents>>(
  name: Ev,
  ...args: EventParams<EmitEvents, Ev>
) => void;

/** See {@link ConnectionProps}; the socket is one of these events. */
export interface ConnectOptions<ListenEvents extends EventsMap, EmitEvents extends EventsMap>
  extends Omit<ConnectionProps, "socket"> {
  /** A socket of your own in place of a url. It is neither connected nor disconnected unless `enabled` is given. */
  socket?: Socket<ListenEvents, EmitEvents> | undefined;
}

export interface ProviderProps<ListenEvents extends EventsMap, EmitEvents extends EventsMap>
  extends ConnectOptions<ListenEvents, EmitEvents> {
  children?: ReactNode;
}

/** What {@link SocketContext.useWebSocketConnect} returns. */
export interface Connection<ListenEvents extends EventsMap, EmitEvents extends EventsMap> {
  readonly socket: Socket<ListenEvents, EmitEvents>;
  readonly status: ConnectionState["status"];
  /** Connects now, also when the server has sent the client away. */
  readonly connect: () => void;
  /** Disconnects until `connect` is called. */
  readonly disconnect: () => void;
}

/** Listeners that are removed with the component, if it has not done so itself. For effects and event handlers. */
export interface EventHandlers<ListenEvents extends EventsMap> {
  /** Adds a listener; returns what removes it. */
  on<Ev extends Names<ListenEvents>>(name: Ev, listener: Handler<ListenEvents, Ev>): () => void;
  /** Adds a listener that is called at most once; returns what removes it. */
  once<Ev extends Names<ListenEvents>>(name: Ev, listener: Handler<ListenEvents, Ev>): () => void;
  /** Removes one listener, those of an event, or all that this component has added. */
  off<Ev extends Names<ListenEvents>>(name?: Ev, listener?: Handler<ListenEvents, Ev>): void;
}

/**
 * A provider and its hooks. Every hook but `useWebSocketConnect` throws when its provider is not above the component.
 *
 * @typeParam ListenEvents events that the server sends
 * @typeParam EmitEvents events that the client sends
 */
export interface SocketContext<
  ListenEvents extends EventsMap = DefaultEventsMap,
  EmitEvents extends EventsMap = ListenEvents,
> {
  /** The socket of the nearest provider. */
  readonly WebSocketContext: Context<Socket<ListenEvents, EmitEvents> | undefined>;
  /**
   * Owns one connection: made once, connected after the effects of all components within have subscribed, and
   * disconnected when it is unmounted.
   */
  readonly WebSocketProvider: (props: ProviderProps<ListenEvents, EmitEvents>) => ReactElement;
  /** What the provider does, as a hook; needs no provider. */
  readonly useWebSocketConnect: (
    options?: ConnectOptions<ListenEvents, EmitEvents>,
  ) => Connection<ListenEvents, EmitEvents>;
  /** The socket. */
  readonly useSocket: () => Socket<ListenEvents, EmitEvents>;
  /** The state of the connection. */
  readonly useConnection: () => ConnectionState;
  /** Calls the handler of the latest render for every event from the first render on. */
  readonly useSocketEvent: <Ev extends Names<ListenEvents>>(
    name: Ev,
    handler: Handler<ListenEvents, Ev>,
  ) => void;
  /** A state that each event changes; `initial` may be a function, which is called once. */
  readonly useSocketState: <Ev extends EventNames<ListenEvents>, State>(
    name: Ev,
    reducer: (state: State, ...args: EventParams<ListenEvents, Ev>) => State,
    initial: State | (() => State),
  ) => State;
  /** The same function at every render. */
  readonly useEmit: () => Emit<EmitEvents>;
  /** Sends an event that is acknowledged, and tells what has become of it. Unmounting ends the wait. */
  readonly useAck: <Ev extends EventNamesWithAck<EmitEvents>>(
    name: Ev,
    options?: AckOptions,
  ) => Ack<ParamsWithoutAck<EmitEvents, Ev>, AckOf<EmitEvents, Ev>>;
  /** Adding and removing listeners by hand. */
  readonly useWebSocketEventHandler: () => EventHandlers<ListenEvents>;
}
