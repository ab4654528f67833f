/** The Socket.IO server. */
import type { DefaultEventsMap, EventsMap, Untyped } from "@sockeye/core";
import type * as api from "./api/server.ts";
import type * as targets from "./api/target.ts";
import {
  BroadcastOperator as BroadcastOperatorClass,
  RemoteSocket as RemoteSocketClass,
} from "./broadcast/operator.ts";
import { Namespace as NamespaceClass } from "./namespace/namespace.ts";
import { Server as ServerClass } from "./server.ts";
import { Socket as SocketClass } from "./socket/socket.ts";

export type { DefaultEventsMap, EventsMap } from "@sockeye/core";
export type { DisconnectReason, Event, ExtendedError, Handshake } from "./api/handshake.ts";
export type {
  AdapterConstructor,
  Client,
  HandlerErrorContext,
  PayloadTooLarge,
  ServerOptions,
  SlowConsumer,
} from "./api/server.ts";
export type { Room, SocketId, SocketTarget } from "./api/target.ts";
export type { ReliableExpired } from "./delivery/deliveries.ts";
export type { DeliveryOptions } from "./delivery/options.ts";
export type { DrainOptions } from "./drain.ts";
export type { ActionProposal, ActionRequest } from "./inspector/actions.ts";
export { type InspectorOverview, inspector } from "./inspector/inspector.ts";
export type { InspectorAuth, InspectorOptions } from "./inspector/options.ts";
export type {
  NamespaceOverview,
  Page,
  PageQuery,
  ServerOverview,
  SocketOverview,
} from "./inspector/survey.ts";
export type { ConnectionStateRecoveryOptions, SlowConsumerOptions } from "./options.ts";
export { type Present, type Rooms, type RoomsOptions, type RoomUser, rooms } from "./rooms/rooms.ts";

// The classes know no event types: those are the public interfaces', which this is the one place to connect.

export const Server: api.ServerConstructor = ServerClass as unknown as api.ServerConstructor;
export type Server<
  ListenEvents extends EventsMap = DefaultEventsMap,
  EmitEvents extends EventsMap = ListenEvents,
  ServerSideEvents extends EventsMap = DefaultEventsMap,
  SocketData = Untyped,
> = api.Server<ListenEvents, EmitEvents, ServerSideEvents, SocketData>;

/** Made by `io.of(name)`. */
export const Namespace: ClassOf<api.AnyNamespace> = NamespaceClass as unknown as ClassOf<api.AnyNamespace>;
export type Namespace<
  ListenEvents extends EventsMap = DefaultEventsMap,
  EmitEvents extends EventsMap = ListenEvents,
  ServerSideEvents extends EventsMap = DefaultEventsMap,
  SocketData = Untyped,
> = api.Namespace<ListenEvents, EmitEvents, ServerSideEvents, SocketData>;

/** Made for each client that connects to a namespace. */
export const Socket: ClassOf<api.AnySocket> = SocketClass as unknown as ClassOf<api.AnySocket>;
export type Socket<
  ListenEvents extends EventsMap = DefaultEventsMap,
  EmitEvents extends EventsMap = ListenEvents,
  ServerSideEvents extends EventsMap = DefaultEventsMap,
  SocketData = Untyped,
> = api.Socket<ListenEvents, EmitEvents, ServerSideEvents, SocketData>;

/** Made by `io.to(room)` and the like. */
export const BroadcastOperator: ClassOf<targets.BroadcastOperator<Untyped, Untyped>> =
  BroadcastOperatorClass as unknown as ClassOf<targets.BroadcastOperator<Untyped, Untyped>>;
export type BroadcastOperator<
  EmitEvents extends EventsMap,
  SocketData,
  SingleEvents extends EventsMap = EmitEvents,
> = targets.BroadcastOperator<EmitEvents, SocketData, SingleEvents>;

/** Told of by `io.fetchSockets()`. */
export const RemoteSocket: ClassOf<targets.RemoteSocket<Untyped, Untyped>> =
  RemoteSocketClass as unknown as ClassOf<targets.RemoteSocket<Untyped, Untyped>>;
export type RemoteSocket<EmitEvents extends EventsMap, SocketData> = targets.RemoteSocket<
  EmitEvents,
  SocketData
>;

/** The face of the package as a function: `require("socket.io")(httpServer, options)`. */
export interface CallableFace {
  (srv?: api.HttpServerLike | number | Partial<api.ServerOptions>, opts?: Partial<api.ServerOptions>): Server;
  Server: typeof Server;
  Namespace: typeof Namespace;
  Socket: typeof Socket;
  BroadcastOperator: typeof BroadcastOperator;
  RemoteSocket: typeof RemoteSocket;
}

const face: CallableFace = Object.assign(
  (
    srv?: api.HttpServerLike | number | Partial<api.ServerOptions>,
    opts?: Partial<api.ServerOptions>,
  ): Server => new Server(srv, opts),
  { Server, Namespace, Socket, BroadcastOperator, RemoteSocket },
);

// The second name is what Node.js gives to require().
export { face as default, face as "module.exports" };

/** A class whose instances the library makes: for `instanceof`, and for tools that wrap its methods. */
export interface ClassOf<Instance> {
  new (...args: never[]): Instance;
  readonly prototype: Instance;
}
