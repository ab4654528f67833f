/** To whom and how: the chain of `to`, `except`, `volatile`, `timeout`..., documented once. */
import type {
  AckOf,
  DecorateAcknowledgements,
  DecorateAcknowledgementsWithMultipleResponses,
  EventNames,
  EventNamesWithAck,
  EventParams,
  EventsMap,
  ParamsWithoutAck,
  TypedEventBroadcaster,
} from "@sockeye/core";
import type { Handshake } from "./handshake.ts";

/** The name of a room. */
export type Room = string;
/** The public id of a socket; a room of the same name holds just this socket. */
export type SocketId = string;

/**
 * Whom a broadcast reaches, and how. Each member returns a new value and changes nothing, so a target may be kept
 * and used again.
 *
 * @example
 * const team = io.to("red").to("blue").except("muted");
 * team.emit("hello");
 * const names = await team.timeout(1000).emitWithAck("name?");
 */
export interface Targets<
  EmitEvents extends EventsMap,
  SocketData,
  SingleEvents extends EventsMap = EmitEvents,
> {
  /** Adds a room, or several; a client that is in more than one gets the event once. */
  to(room: Room | Room[]): BroadcastOperator<EmitEvents, SocketData, SingleEvents>;
  /** Alias of {@link to}, that reads better before `disconnectSockets()` and the like. */
  in(room: Room | Room[]): BroadcastOperator<EmitEvents, SocketData, SingleEvents>;
  /** Leaves out the members of a room, or of several; a socket's id is a room too. */
  except(room: Room | Room[]): BroadcastOperator<EmitEvents, SocketData, SingleEvents>;
  /** Whether the transport may compress the event (default true, where compression is switched on). */
  compress(compress: boolean): BroadcastOperator<EmitEvents, SocketData, SingleEvents>;
  /** The event may be dropped for clients that are not ready to receive, or slow: newer ones matter more. */
  readonly volatile: BroadcastOperator<EmitEvents, SocketData, SingleEvents>;
  /** Only the clients of this server, not of the others in a cluster. */
  readonly local: BroadcastOperator<EmitEvents, SocketData, SingleEvents>;
  /**
   * How many milliseconds to wait for acknowledgements. Without it, a broadcast waits as long as a dead connection
   * may stay unnoticed: `pingInterval + pingTimeout`.
   */
  timeout(timeout: number): BroadcastOperator<DecorateAcknowledgements<EmitEvents>, SocketData, SingleEvents>;
  /** Stops waiting for acknowledgements when the signal is aborted; the error is the signal's reason. */
  signal(signal: AbortSignal): BroadcastOperator<EmitEvents, SocketData, SingleEvents>;
  /**
   * Sends an event and waits for the acknowledgements of all clients.
   * @throws Error "operation has timed out", with the answers that came as `responses`
   */
  emitWithAck<Ev extends EventNamesWithAck<EmitEvents>>(
    ev: Ev,
    ...args: ParamsWithoutAck<EmitEvents, Ev>
  ): Promise<AckOf<EmitEvents, Ev>>;
  /**
   * The ids of the matching sockets.
   * @deprecated use {@link fetchSockets}
   */
  allSockets(): Promise<Set<SocketId>>;
  /** The matching sockets, also those of the other servers of a cluster. */
  fetchSockets(): Promise<RemoteSocket<SingleEvents, SocketData>[]>;
  /** Makes the matching sockets join rooms. */
  socketsJoin(room: Room | Room[]): void;
  /** Makes the matching sockets leave rooms. */
  socketsLeave(room: Room | Room[]): void;
  /** Disconnects the matching sockets; with `close`, the connections under all their namespaces. Default false. */
  disconnectSockets(close?: boolean): void;
}

/** A {@link Targets} that can be emitted to. */
export interface BroadcastOperator<
  EmitEvents extends EventsMap,
  SocketData,
  SingleEvents extends EventsMap = EmitEvents,
> extends Targets<EmitEvents, SocketData, SingleEvents>,
    TypedEventBroadcaster<EmitEvents> {
  /**
   * Sends an event to the matching clients. An acknowledgement callback at the end is called once, with an error
   * (some clients did not answer in time) or `null`, and one answer per client.
   * @returns true
   */
  emit<Ev extends EventNames<EmitEvents>>(ev: Ev, ...args: EventParams<EmitEvents, Ev>): boolean;
}

/** A broadcast of events whose acknowledgements are gathered. */
type Broadcast<EmitEvents extends EventsMap, SocketData> = BroadcastOperator<
  DecorateAcknowledgementsWithMultipleResponses<EmitEvents>,
  SocketData,
  EmitEvents
>;

/** A socket of this server or of another one in the cluster. */
export interface RemoteSocket<EmitEvents extends EventsMap, SocketData>
  extends TypedEventBroadcaster<EmitEvents> {
  readonly id: SocketId;
  readonly handshake: Handshake;
  readonly rooms: Set<Room>;
  readonly data: SocketData;
  /** How many milliseconds to wait for the acknowledgement. */
  timeout(timeout: number): BroadcastOperator<DecorateAcknowledgements<EmitEvents>, SocketData>;
  /** Stops waiting for the acknowledgement when the signal is aborted. */
  signal(signal: AbortSignal): BroadcastOperator<DecorateAcknowledgements<EmitEvents>, SocketData>;
  emit<Ev extends EventNames<EmitEvents>>(ev: Ev, ...args: EventParams<EmitEvents, Ev>): boolean;
  /** Sends an event and waits for its acknowledgement. */
  emitWithAck<Ev extends EventNamesWithAck<EmitEvents>>(
    ev: Ev,
    ...args: ParamsWithoutAck<EmitEvents, Ev>
  ): Promise<AckOf<EmitEvents, Ev>>;
  /** Makes the socket join rooms. */
  join(room: Room | Room[]): void;
  /** Makes the socket leave a room. */
  leave(room: Room): void;
  /** Disconnects the socket; with `close`, the connection under all its namespaces. Default false. */
  disconnect(close?: boolean): this;
}

/**
 * How an event reaches one client. Each member returns a new value and changes nothing.
 *
 * @example
 * const revision = await socket.timeout(5000).emitWithAck("save", doc);
 */
export interface SocketTargets<EmitEvents extends EventsMap, SocketData> {
  /** The members of a room, or of several, except this socket. */
  to(room: Room | Room[]): Broadcast<EmitEvents, SocketData>;
  /** Alias of {@link to}. */
  in(room: Room | Room[]): Broadcast<EmitEvents, SocketData>;
  /** Everybody but this socket and the members of a room, or of several. */
  except(room: Room | Room[]): Broadcast<EmitEvents, SocketData>;
  /** Everybody but this socket. */
  readonly broadcast: Broadcast<EmitEvents, SocketData>;
  /** Everybody on this server but this socket. */
  readonly local: Broadcast<EmitEvents, SocketData>;
  /** Whether the transport may compress the event (default true, where compression is switched on). */
  compress(compress: boolean): SocketTarget<EmitEvents, SocketData>;
  /** The event may be dropped when the client is not ready to receive, or slow. */
  readonly volatile: SocketTarget<EmitEvents, SocketData>;
  /**
   * How many milliseconds to wait for the acknowledgement, whose callback takes an error first: "operation has
   * timed out", or "socket has been disconnected". An event that has not left by then is not sent.
   */
  timeout(timeout: number): SocketTarget<DecorateAcknowledgements<EmitEvents>, SocketData>;
  /**
   * Stops waiting for the acknowledgement when the signal is aborted: the callback, which takes an error first,
   * gets the signal's reason. An event that has not left by then is not sent.
   */
  signal(signal: AbortSignal): SocketTarget<DecorateAcknowledgements<EmitEvents>, SocketData>;
  /**
   * Sends an event and waits for its acknowledgement.
   * @throws Error "operation has timed out" (after `timeout()`), "socket has been disconnected", or the reason of
   * the aborted signal
   */
  emitWithAck<Ev extends EventNamesWithAck<EmitEvents>>(
    ev: Ev,
    ...args: ParamsWithoutAck<EmitEvents, Ev>
  ): Promise<AckOf<EmitEvents, Ev>>;
  /** Sends a `message` event. */
  send(...args: EventParams<EmitEvents, "message">): this;
  /** Alias of {@link send}. */
  write(...args: EventParams<EmitEvents, "message">): this;
}

/** A {@link SocketTargets} that can be emitted to. */
export interface SocketTarget<EmitEvents extends EventsMap, SocketData>
  extends SocketTargets<EmitEvents, SocketData>,
    TypedEventBroadcaster<EmitEvents> {}
