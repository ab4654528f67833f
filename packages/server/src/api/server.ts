/** The public types of the server: Server, Namespace, Socket and Client, who know each other. */
import type { EventEmitter } from "node:events";
import type { Server as HttpServer, IncomingMessage, ServerResponse } from "node:http";
import type { Http2SecureServer, Http2Server } from "node:http2";
import type { Server as HttpsServer } from "node:https";
import type { Adapter, RecoveryFailure, SessionToPersist, SharedRecords } from "@sockeye/adapter";
import type {
  AckOf,
  DecorateAcknowledgementsWithMultipleResponses,
  DecorateAcknowledgementsWithTimeoutAndMultipleResponses,
  DefaultEventsMap,
  EventNames,
  EventNamesWithAck,
  EventParams,
  EventsMap,
  ParamsWithoutAck,
  RemoveAcknowledgements,
  TypedEventBroadcaster,
  Untyped,
} from "@sockeye/core";
import type { ReliableExpired } from "../delivery/deliveries.ts";
import type { DrainOptions } from "../drain.ts";
import type { BaseServer } from "../engine/base-server.ts";
import type { Socket as EngineSocket } from "../engine/socket.ts";
import type { EngineLevelOptions, SocketLevelOptions } from "../options.ts";
import type { TypedEmitter } from "./emitter.ts";
import type { DisconnectReason, Event, ExtendedError, Handshake } from "./handshake.ts";
import type { Room, SocketId, SocketTargets, Targets } from "./target.ts";

/** What a server can be attached to. */
export type HttpServerLike = HttpServer | HttpsServer | Http2Server | Http2SecureServer;

/** An adapter's class, or a function that makes one for a namespace. */
export type AdapterConstructor = (new (nsp: Untyped) => AdapterLike) | ((nsp: Untyped) => AdapterLike);

/** An adapter: ours, or one written for Socket.IO. */
export type AdapterLike = EventEmitter &
  Pick<
    Adapter,
    | "rooms"
    | "sids"
    | "serverCount"
    | "del"
    | "delAll"
    | "sockets"
    | "socketRooms"
    | "init"
    | "close"
    | "addAll"
  > & {
    broadcast(packet: Untyped, opts: Untyped): unknown;
    broadcastWithAck(
      packet: Untyped,
      opts: Untyped,
      clientCountCallback: (clientCount: number) => void,
      ack: (...args: Untyped[]) => void,
    ): void;
    fetchSockets(opts: Untyped): Promise<Untyped[]>;
    addSockets(opts: Untyped, rooms: Room[]): unknown;
    delSockets(opts: Untyped, rooms: Room[]): unknown;
    disconnectSockets(opts: Untyped, close: boolean): unknown;
    serverSideEmit(packet: Untyped[]): unknown;
    /** How many adapters of this server are behind this one, each of which counts its clients; default 1. */
    readonly localCount?: number;
    /** What is shared with the other servers, where there is an engine that keeps it. */
    readonly records?: SharedRecords;
    /** The server is about to disconnect a socket: what it has been sent and is still under way reaches it now. */
    farewell?(id: SocketId): void;
    persistSession(session: Untyped): unknown;
    restoreSession(pid: string, offset: Untyped): Promise<Untyped>;
  };

/** Decides whether a namespace exists: `fn(null, true)` creates it. */
export type NamespaceMatcher = (
  name: string,
  auth: { [key: string]: Untyped },
  fn: (err: Error | null, success: boolean) => void,
) => void;

/** Options of {@link Server}. */
export interface ServerOptions extends EngineLevelOptions, SocketLevelOptions {
  /** The adapter of every namespace. Default: in memory; with `connectionStateRecovery`, one that remembers. */
  adapter: AdapterConstructor;
}

/** Where an error of the application's code happened. */
export interface HandlerErrorContext {
  /** The socket whose handler or middleware it was, if it was one's. */
  socket?: Socket<Untyped, Untyped, Untyped, Untyped>;
  /** The event that was being handled; "connection" for connection handlers and namespace middlewares. */
  event: string | symbol;
}

/** A client that receives more slowly than it is sent to (see `slowConsumer`). */
export interface SlowConsumer {
  client: Client;
  policy: "disconnect" | "drop-volatile" | "drop-oldest";
  /** Bytes that wait for this client, before anything was dropped. */
  bufferedAmount: number;
  /** The packets that will not be sent, as encoded; their Socket.IO frames and size in bytes. */
  dropped: ReadonlyArray<{ messages: ReadonlyArray<string | Uint8Array>; byteLength: number }>;
}

/** A packet beyond `maxHttpBufferSize`; its connection is closed. */
export interface PayloadTooLarge {
  client: Client;
  /** The limit, in bytes. */
  limit: number;
  /** The size that was announced, or had come when it was refused, in bytes; where it is known. */
  size: number | undefined;
}

/** The events of a namespace itself. */
interface NamespaceReservedEventsMap<
  ListenEvents extends EventsMap,
  EmitEvents extends EventsMap,
  ServerSideEvents extends EventsMap,
  SocketData,
> {
  connect: (socket: Socket<ListenEvents, EmitEvents, ServerSideEvents, SocketData>) => void;
  connection: (socket: Socket<ListenEvents, EmitEvents, ServerSideEvents, SocketData>) => void;
  /** The session of a client that is away can no longer be recovered: it is gone for good. */
  session_expired: (session: SessionToPersist, reason: string) => void;
  /** Events of `socket.reliable` will not reach their client, or not for sure. */
  reliable_expired: (expired: ReliableExpired) => void;
}

/** The events of the server itself. */
interface ServerReservedEventsMap<
  ListenEvents extends EventsMap,
  EmitEvents extends EventsMap,
  ServerSideEvents extends EventsMap,
  SocketData,
> extends NamespaceReservedEventsMap<ListenEvents, EmitEvents, ServerSideEvents, SocketData> {
  new_namespace: (namespace: Namespace<ListenEvents, EmitEvents, ServerSideEvents, SocketData>) => void;
  /**
   * A handler or middleware threw, or its promise was rejected. Without a listener, the error is an
   * `uncaughtException` or `unhandledRejection` of the process.
   */
  handler_error: (error: Untyped, context: HandlerErrorContext) => void;
  slow_consumer: (event: SlowConsumer) => void;
  payload_too_large: (event: PayloadTooLarge) => void;
}

/** The events of a socket itself. */
interface SocketReservedEventsMap {
  disconnect: (reason: DisconnectReason, description?: Untyped) => void;
  disconnecting: (reason: DisconnectReason, description?: Untyped) => void;
  error: (err: Error) => void;
}

/** One connection, under the sockets of its namespaces. */
export interface Client {
  /** The Engine.IO socket. */
  readonly conn: EngineSocket;
  /** The id of the Engine.IO session, which must not be shared. */
  readonly id: string;
  /** The first request of the connection. */
  readonly request: IncomingMessage;
}

/**
 * The server.
 *
 * @typeParam ListenEvents events that clients send
 * @typeParam EmitEvents events that are sent to clients
 * @typeParam ServerSideEvents events between the servers of a cluster
 * @typeParam SocketData `socket.data`
 *
 * @example
 * const io = new Server(3000);
 *
 * io.on("connection", (socket) => {
 *   socket.on("hello", (name, done) => {
 *     socket.broadcast.emit("joined", name);
 *     done("welcome");
 *   });
 * });
 */
export interface Server<
  ListenEvents extends EventsMap = DefaultEventsMap,
  EmitEvents extends EventsMap = ListenEvents,
  ServerSideEvents extends EventsMap = DefaultEventsMap,
  SocketData = Untyped,
> extends TypedEmitter<
      ServerSideEvents,
      RemoveAcknowledgements<EmitEvents>,
      ServerReservedEventsMap<ListenEvents, EmitEvents, ServerSideEvents, SocketData>
    >,
    Targets<DecorateAcknowledgementsWithMultipleResponses<EmitEvents>, SocketData, EmitEvents>,
    ServerSideEmitter<ServerSideEvents> {
  /** The namespace `/`. */
  readonly sockets: Namespace<ListenEvents, EmitEvents, ServerSideEvents, SocketData>;
  /** The Engine.IO server; it exists once the server is attached. */
  engine: BaseServer;
  /** The HTTP server; it exists once the server is attached. */
  httpServer: HttpServerLike;
  /** The options as given. */
  readonly opts: Partial<ServerOptions>;
  /** The namespaces by name. */
  _nsps: Map<string, Namespace<ListenEvents, EmitEvents, ServerSideEvents, SocketData>>;
  readonly _opts: Partial<ServerOptions>;
  /** Whether the client's files are served; default true. */
  serveClient(v: boolean): this;
  serveClient(): boolean;
  serveClient(v?: boolean): this | boolean;
  /** The path that is served; default "/socket.io". */
  path(v: string): this;
  path(): string;
  path(v?: string): this | string;
  /** After how many milliseconds a client that is in no namespace is disconnected; default 45000. */
  connectTimeout(v: number): this;
  connectTimeout(): number;
  connectTimeout(v?: number): this | number;
  /** The adapter of every namespace. */
  adapter(): AdapterConstructor | undefined;
  adapter(v: AdapterConstructor): this;
  /** Alias of {@link attach}. */
  listen(srv: HttpServerLike | number, opts?: Partial<ServerOptions>): this;
  /**
   * Serves on an HTTP server, or on a port (0: a free one; `httpServer.address()` tells which).
   * @throws TypeError for anything else
   */
  attach(srv: HttpServerLike | number, opts?: Partial<ServerOptions>): this;
  /** @throws Error always: uWebSockets.js is not supported */
  attachApp(app: Untyped, opts?: Partial<ServerOptions>): void;
  /** Serves the connections of an Engine.IO server. */
  bind(engine: Untyped): this;
  /**
   * A namespace by name, made when it does not exist; or the parent of all that match a pattern or function.
   * @throws TypeError for a pattern with the flag `g` or `y`, which matches differently each time
   */
  of(
    name: string | RegExp | NamespaceMatcher,
    fn?: (socket: Socket<ListenEvents, EmitEvents, ServerSideEvents, SocketData>) => void,
  ): Namespace<ListenEvents, EmitEvents, ServerSideEvents, SocketData>;
  /** Whether new clients are served: true from the first {@link attach} until {@link drain} or {@link close}. */
  readonly ready: boolean;
  /**
   * Answers a load balancer's question with 200 while {@link ready}, and with 503 otherwise. Needs no `this`.
   *
   * @example
   * app.get("/ready", io.readiness);
   */
  readonly readiness: (request: IncomingMessage, response: ServerResponse) => void;
  /**
   * Leaves the service without losing anybody: from now on new sessions are refused with 503 (clients try again),
   * and the clients are moved away, evenly spread over a time, by a close after which they reconnect at once. With
   * `connectionStateRecovery` their sessions are kept before. Then the server is closed as by {@link close}; who
   * has not said farewell within five seconds more is cut off. Called again, it waits for the first call.
   * @throws TypeError for a duration that is none
   */
  drain(options?: DrainOptions): Promise<void>;
  /**
   * Disconnects all clients and closes the HTTP server. It resolves when that is done, also when it was closed
   * before.
   */
  close(fn?: (err?: Error) => void): Promise<void>;
  /** Adds a function that every connection to the namespace `/` has to pass. */
  use(fn: NamespaceMiddleware<Socket<ListenEvents, EmitEvents, ServerSideEvents, SocketData>>): this;
  /** Sends a `message` event to all clients. */
  send(...args: EventParams<EmitEvents, "message">): this;
  /** Alias of {@link send}. */
  write(...args: EventParams<EmitEvents, "message">): this;
}

/** Calls `next()` to let a socket in, `next(error)` to refuse it with `error.message` and `error.data`. */
export type NamespaceMiddleware<S> = (socket: S, next: (err?: ExtendedError) => void) => unknown;

/** Sends to the other servers of a cluster. */
interface ServerSideEmitter<ServerSideEvents extends EventsMap> {
  /**
   * Sends an event to the other servers. An acknowledgement callback at the end gets an error or `null`, and one
   * answer per server.
   */
  serverSideEmit<Ev extends EventNames<ServerSideEvents>>(
    ev: Ev,
    ...args: EventParams<DecorateAcknowledgementsWithTimeoutAndMultipleResponses<ServerSideEvents>, Ev>
  ): boolean;
  /**
   * Sends an event to the other servers and waits for one answer of each.
   * @throws Error when some did not answer in time, with the answers that came as `responses`
   */
  serverSideEmitWithAck<Ev extends EventNamesWithAck<ServerSideEvents>>(
    ev: Ev,
    ...args: ParamsWithoutAck<ServerSideEvents, Ev>
  ): Promise<AckOf<ServerSideEvents, Ev>[]>;
}

/** A channel of its own over the shared connection: its own handlers, rooms and middlewares. */
export interface Namespace<
  ListenEvents extends EventsMap = DefaultEventsMap,
  EmitEvents extends EventsMap = ListenEvents,
  ServerSideEvents extends EventsMap = DefaultEventsMap,
  SocketData = Untyped,
> extends TypedEmitter<
      ServerSideEvents,
      RemoveAcknowledgements<EmitEvents>,
      NamespaceReservedEventsMap<ListenEvents, EmitEvents, ServerSideEvents, SocketData>
    >,
    Targets<DecorateAcknowledgementsWithMultipleResponses<EmitEvents>, SocketData, EmitEvents>,
    ServerSideEmitter<ServerSideEvents> {
  readonly name: string;
  /** The connected sockets of this server, by id. */
  readonly sockets: Map<SocketId, Socket<ListenEvents, EmitEvents, ServerSideEvents, SocketData>>;
  /** Rooms, and the way to the other servers. */
  adapter: AdapterLike;
  readonly server: Server<ListenEvents, EmitEvents, ServerSideEvents, SocketData>;
  /** The next acknowledgement id; adapters draw from it. */
  _ids: number;
  /** Called by adapters with `[event, ...args]` of another server. */
  _onServerSideEmit(args: Untyped[]): void;
  /** Adds a function that every connection to this namespace has to pass. */
  use(fn: NamespaceMiddleware<Socket<ListenEvents, EmitEvents, ServerSideEvents, SocketData>>): this;
  /** Sends a `message` event to all clients of this namespace. */
  send(...args: EventParams<EmitEvents, "message">): this;
  /** Alias of {@link send}. */
  write(...args: EventParams<EmitEvents, "message">): this;
}

/**
 * One client in one namespace.
 *
 * @example
 * io.on("connection", (socket) => {
 *   socket.join("lobby");
 *   socket.on("say", (text) => socket.to("lobby").emit("said", text));
 *   socket.on("disconnect", (reason) => console.log(socket.id, reason));
 * });
 */
export interface Socket<
  ListenEvents extends EventsMap = DefaultEventsMap,
  EmitEvents extends EventsMap = ListenEvents,
  ServerSideEvents extends EventsMap = DefaultEventsMap,
  SocketData = Untyped,
> extends TypedEmitter<ListenEvents, EmitEvents, SocketReservedEventsMap>,
    SocketTargets<EmitEvents, SocketData> {
  readonly nsp: Namespace<ListenEvents, EmitEvents, ServerSideEvents, SocketData>;
  readonly client: Client;
  readonly id: SocketId;
  /** Whether the client continues a session: rooms and `data` are back, missed events are sent. */
  readonly recovered: boolean;
  /** Why the client, which wanted to continue a session, begins anew; undefined when it did not want to, or continues. */
  readonly recoveryFailure: RecoveryFailure | undefined;
  readonly handshake: Handshake;
  /** The application's own; `fetchSockets` shows it to all servers. */
  data: SocketData;
  readonly connected: boolean;
  readonly disconnected: boolean;
  /** The first request of the connection. */
  readonly request: IncomingMessage;
  /** The Engine.IO socket. */
  readonly conn: EngineSocket;
  /** The rooms that the socket is in. */
  readonly rooms: Set<Room>;
  /** Bytes that were sent to this client, in all namespaces, and have not left the process yet. */
  readonly bufferedAmount: number;
  /**
   * Waits until everything sent to this client has left the process.
   * @throws Error "socket has been disconnected"
   */
  drained(): Promise<void>;
  /** Joins rooms; a promise when the adapter's answer is one. */
  join(rooms: Room | Room[]): Promise<void> | void;
  /**
   * Events that are kept until the client has acknowledged them, which one that takes part does by itself: they come in
   * order, once, also after a reconnection that did not recover the session. What is given up is told by
   * `reliable_expired`. To clients that do not take part it is a plain `emit`.
   * @throws TypeError for an acknowledgement callback
   */
  readonly reliable: TypedEventBroadcaster<RemoveAcknowledgements<EmitEvents>>;
  /** Leaves a room; a promise when the adapter's answer is one. */
  leave(room: Room): Promise<void> | void;
  /** Disconnects from this namespace; with `close`, the connection under all namespaces. Default false. */
  disconnect(close?: boolean): this;
  /**
   * Adds a function that every event of this client has to pass: `next()` lets it through, `next(error)` drops it
   * and tells the listeners of the socket's `error` event.
   */
  use(fn: (event: Event, next: (err?: Error) => void) => unknown): this;
  /** The acknowledgement function of an event with this id: sends its arguments, once. */
  ack(id: number): (...args: Untyped[]) => void;
  /** Adds a listener for every event that comes; it gets the name and the arguments. */
  onAny(listener: (...args: Untyped[]) => void): this;
  /** As {@link onAny}, before the others. */
  prependAny(listener: (...args: Untyped[]) => void): this;
  /** Removes a listener, or all, of {@link onAny}. */
  offAny(listener?: (...args: Untyped[]) => void): this;
  /** The listeners of {@link onAny}; changing the list changes them. */
  listenersAny(): ((...args: Untyped[]) => void)[];
  /** Adds a listener for every event that is sent to this client, broadcasts included, acknowledgements not. */
  onAnyOutgoing(listener: (...args: Untyped[]) => void): this;
  /** As {@link onAnyOutgoing}, before the others. */
  prependAnyOutgoing(listener: (...args: Untyped[]) => void): this;
  /** Removes a listener, or all, of {@link onAnyOutgoing}. */
  offAnyOutgoing(listener?: (...args: Untyped[]) => void): this;
  /** The listeners of {@link onAnyOutgoing}; changing the list changes them. */
  listenersAnyOutgoing(): ((...args: Untyped[]) => void)[];
}

/** The constructor of {@link Server}. */
export interface ServerConstructor {
  new <
    ListenEvents extends EventsMap = DefaultEventsMap,
    EmitEvents extends EventsMap = ListenEvents,
    ServerSideEvents extends EventsMap = DefaultEventsMap,
    SocketData = Untyped,
  >(
    opts?: Partial<ServerOptions>,
  ): Server<ListenEvents, EmitEvents, ServerSideEvents, SocketData>;
  new <
    ListenEvents extends EventsMap = DefaultEventsMap,
    EmitEvents extends EventsMap = ListenEvents,
    ServerSideEvents extends EventsMap = DefaultEventsMap,
    SocketData = Untyped,
  >(
    srv?: HttpServerLike | number | Partial<ServerOptions>,
    opts?: Partial<ServerOptions>,
  ): Server<ListenEvents, EmitEvents, ServerSideEvents, SocketData>;
  readonly prototype: Server;
}

export type AnySocket = Socket<DefaultEventsMap, DefaultEventsMap, DefaultEventsMap, Untyped>;
export type AnyNamespace = Namespace<DefaultEventsMap, DefaultEventsMap, DefaultEventsMap, Untyped>;
export type AnyServer = Server<DefaultEventsMap, DefaultEventsMap, DefaultEventsMap, Untyped>;
