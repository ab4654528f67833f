/** The server: namespaces on one side, engines on the other. */
import { EventEmitter } from "node:events";
import type { IncomingMessage, ServerResponse } from "node:http";
import { Adapter, SessionAwareAdapter } from "@sockeye/adapter";
import { type Clock, DeadlineQueue, systemClock, type Untyped } from "@sockeye/core";
import {
  adaptParser,
  type Codec,
  type DecoderOptions,
  jsonCodec,
  type PacketEncoder,
} from "@sockeye/protocol";
import type {
  AdapterConstructor,
  AdapterLike,
  AnyServer,
  AnySocket,
  HandlerErrorContext,
  HttpServerLike,
  NamespaceMatcher,
  NamespaceMiddleware,
  ServerOptions,
} from "./api/server.ts";
import { EventEncoder } from "./broadcast/event-encoder.ts";
import type { EventData } from "./broadcast/event-packet.ts";
import { BroadcastHost } from "./broadcast/host.ts";
import type { BroadcastOperator } from "./broadcast/operator.ts";
import { Connection, type ConnectionHome } from "./connection/connection.ts";
import { type FlowLimits, flowLimits, type Outgoing } from "./connection/outgoing.ts";
import { type DeliveryOptions, resolveDelivery } from "./delivery/options.ts";
import { Departure, type DrainOptions, durationOfDrain, type Passenger } from "./drain.ts";
import type { BaseServer } from "./engine/base-server.ts";
import { moveAway } from "./engine/consumer.ts";
import type { PreparedMessage } from "./engine/prepared.ts";
import type { SessionRelay } from "./engine/relay.ts";
import { Server as Engine } from "./engine/server.ts";
import { generateSessionId } from "./engine/session-id.ts";
import type { Socket as EngineSocket } from "./engine/socket.ts";
import { reportHandlerError } from "./handler-errors.ts";
import { closeHttpServer, host, isNotRunning } from "./hosting.ts";
import type { Namespace } from "./namespace/namespace.ts";
import { Registry, type RegistryHome } from "./namespace/registry.ts";
import { type ConnectionStateRecoveryOptions, resolveSocketOptions } from "./options.ts";

type Given = Partial<ServerOptions>;

export class Server extends BroadcastHost implements AnyServer, ConnectionHome, RegistryHome {
  readonly opts: Given;
  declare engine: BaseServer;
  declare httpServer: HttpServerLike;
  readonly sockets: Namespace;
  _nsps: Map<string, Namespace>;
  readonly clock: Clock;
  readonly codec: Codec;
  readonly customParser: boolean;
  readonly encoder: PacketEncoder;
  readonly flow: FlowLimits;
  readonly recovery: ConnectionStateRecoveryOptions | undefined;
  readonly delivery: DeliveryOptions;
  readonly decoderOptions: DecoderOptions;
  readonly maxPayload: number;
  readonly maxNamespaces: number;
  readonly cleansUp: boolean;
  readonly attachmentDeadlines: DeadlineQueue<Connection>;
  connectDeadlines: DeadlineQueue<Connection>;
  readonly #registry: Registry;
  readonly #engines = new Set<BaseServer>();
  readonly #httpServers = new Set<HttpServerLike>();
  #adapter: AdapterConstructor;
  #path: string;
  #serveClient: boolean;
  #connectTimeout: number;
  #state: "idle" | "serving" | "draining" | "closed" = "idle";
  #drained: Promise<void> | undefined;

  constructor(srv?: HttpServerLike | number | Given, opts: Given = {}) {
    super();
    const given = isOptions(srv) ? srv : opts;
    const options = resolveSocketOptions(given);
    this.clock = given.clock ?? systemClock;
    this.recovery = options.connectionStateRecovery && {
      maxDisconnectionDuration: 120_000,
      clock: this.clock,
      ...options.connectionStateRecovery,
    };
    this.delivery = resolveDelivery(given.delivery);
    // Adapters written for Socket.IO find the options of the recovery here, its defaults filled in.
    this.opts = this.recovery ? { ...given, connectionStateRecovery: this.recovery } : given;
    this.customParser = given.parser !== undefined;
    this.codec = codecOf(given.parser);
    this.encoder = this.customParser ? this.codec.encoder() : new EventEncoder();
    this.flow = flowLimits(options.slowConsumer);
    this.maxPayload = given.maxHttpBufferSize ?? 1e6;
    this.decoderOptions = { maxAttachments: options.maxAttachments, maxBytes: this.maxPayload };
    this.maxNamespaces = options.maxNamespacesPerConnection;
    this.cleansUp = options.cleanupEmptyChildNamespaces;
    this.attachmentDeadlines = this.#deadlines(options.attachmentTimeout);
    this.#connectTimeout = options.connectTimeout;
    this.connectDeadlines = this.#deadlines(options.connectTimeout);
    this.#path = (given.path ?? "/socket.io").replace(/\/$/, "");
    this.#serveClient = given.serveClient ?? true;
    this.#adapter = given.adapter ?? (this.recovery ? SessionAwareAdapter : Adapter);
    this.#registry = new Registry(this);
    this._nsps = this.#registry.namespaces;
    this.sockets = this.#registry.of("/");
    if (srv !== undefined && !isOptions(srv)) this.attach(srv);
  }

  #deadlines(timeout: number): DeadlineQueue<Connection> {
    return new DeadlineQueue(this.clock, timeout, (connection) => connection.onDeadline());
  }

  get _opts(): Given {
    return this.opts;
  }

  /** How long a broadcast without `timeout()` waits: as long as a dead connection may stay unnoticed. */
  get broadcastTimeout(): number {
    return (this.opts.pingInterval ?? 25_000) + (this.opts.pingTimeout ?? 20_000);
  }

  protected override get everybody(): BroadcastOperator {
    return this.sockets.compress(true);
  }

  // --- settings ---

  serveClient(v: boolean): this;
  serveClient(): boolean;
  serveClient(v?: boolean): this | boolean;
  serveClient(v?: boolean): this | boolean {
    if (v === undefined) return this.#serveClient;
    this.#serveClient = v;
    return this;
  }

  path(v: string): this;
  path(): string;
  path(v?: string): this | string;
  path(v?: string): this | string {
    if (v === undefined) return this.#path;
    this.#path = v.replace(/\/$/, "");
    return this;
  }

  connectTimeout(v: number): this;
  connectTimeout(): number;
  connectTimeout(v?: number): this | number;
  connectTimeout(v?: number): this | number {
    if (v === undefined) return this.#connectTimeout;
    this.#connectTimeout = v;
    this.connectDeadlines = this.#deadlines(v);
    return this;
  }

  adapter(): AdapterConstructor | undefined;
  adapter(v: AdapterConstructor): this;
  adapter(v?: AdapterConstructor): this | AdapterConstructor | undefined {
    if (v === undefined) return this.#adapter;
    this.#adapter = v;
    for (const namespace of this._nsps.values()) namespace._initAdapter();
    for (const engine of this.#engines) this.#joinRelay(engine);
    return this;
  }

  createAdapter(namespace: Namespace): AdapterLike {
    return instantiate(this.#adapter, namespace);
  }

  createSessionId(): string {
    return generateSessionId();
  }

  // --- engines ---

  listen(srv: HttpServerLike | number, opts: Given = {}): this {
    return this.attach(srv, opts);
  }

  attach(srv: HttpServerLike | number, opts: Given = {}): this {
    const path = opts.path?.replace(/\/$/, "") ?? this.#path;
    const { httpServer, engine } = host(srv, { ...this.opts, ...opts }, path, this.#serveClient);
    this.httpServer = httpServer;
    this.#httpServers.add(httpServer);
    return this.bind(engine);
  }

  attachApp(): void {
    throw new Error("uWebSockets.js is not supported: attach to an HTTP server or to a port");
  }

  bind(engine: Untyped): this {
    this.engine = engine;
    this.#engines.add(engine);
    this.#state = "serving";
    engine.on("connection", (conn: EngineSocket) => new Connection(this, conn));
    this.#joinRelay(engine);
    return this;
  }

  /** An adapter of a cluster may offer a way to the sessions of its other servers. */
  #joinRelay(engine: BaseServer): void {
    const { sessionRelay } = this.#adapter as { sessionRelay?: (server: Server) => SessionRelay };
    if (engine instanceof Engine) engine.joinRelay(sessionRelay?.(this));
  }

  get ready(): boolean {
    return this.#state === "serving";
  }

  get closed(): boolean {
    return this.#state === "closed";
  }

  // A field, so that it can be handed to a router as it is.
  readonly readiness = (_request: IncomingMessage, response: ServerResponse): void => {
    const { ready } = this;
    response.writeHead(ready ? 200 : 503, { "Content-Type": "text/plain", "Cache-Control": "no-store" });
    response.end(ready ? "ready\n" : "not ready\n");
  };

  async drain(options: DrainOptions = {}): Promise<void> {
    const duration = durationOfDrain(options);
    this.#drained ??= this.#moveAll(duration);
    await this.#drained;
  }

  async #moveAll(over: number): Promise<void> {
    this.#state = "draining";
    const relayed = this.#drainEngines();
    const own = Array.from(this.#engines, ({ clients }) => Object.values(clients).map(passengerOf)).flat();
    await Departure.of(this.clock, [...own, ...relayed], over);
    // A load balancer that has noticed nothing may have sent upgrades of other servers' clients here meanwhile.
    await Departure.of(this.clock, this.#drainEngines(), 0);
    await Promise.all(Array.from(this._nsps.values(), (namespace) => namespace.handOver()));
    await this.close();
  }

  /** Returns the clients of other servers that are here. One that was bound and is not ours goes on until it is closed. */
  #drainEngines(): Passenger[] {
    return Array.from(this.#engines, (engine) => ("drain" in engine ? engine.drain() : [])).flat();
  }

  async close(fn?: (err?: Error) => void): Promise<void> {
    this.#state = "closed";
    await Promise.allSettled(Array.from(this._nsps.values(), (namespace) => namespace.shutDown()));
    for (const engine of this.#engines) engine.close();
    const closed = await Promise.all(Array.from(this.#httpServers, closeHttpServer));
    // One that is closed already is what was asked for; the callback is told, as ever.
    const error = closed.find((reason) => reason !== undefined);
    if (fn) fn(error);
    const failure = closed.find((reason) => reason && !isNotRunning(reason));
    if (failure && !fn) throw failure;
  }

  // --- namespaces ---

  of(name: string | RegExp | NamespaceMatcher, fn?: (socket: AnySocket) => void): Namespace {
    const namespace =
      typeof name === "string"
        ? this.#registry.of(name)
        : name instanceof RegExp
          ? this.#registry.parentByPattern(name)
          : this.#registry.parentByFunction(name);
    if (fn) namespace.on("connection", fn);
    return namespace;
  }

  _checkNamespace(name: string, auth: Record<string, Untyped>, fn: (nsp: Namespace | false) => void): void {
    this.#registry.find(name, auth, (namespace) => fn(namespace ?? false));
  }

  findNamespace(
    name: string,
    auth: Record<string, Untyped> | undefined,
    done: (namespace: Namespace | undefined) => void,
  ): void {
    this.#registry.find(name, auth ?? {}, done);
  }

  onNewNamespace(namespace: Namespace): void {
    this.sockets.emitReserved("new_namespace", namespace);
  }

  adopt(child: Namespace): void {
    this._nsps.set(child.name, child);
    this.onNewNamespace(child);
  }

  remove(child: Namespace): void {
    this._nsps.delete(child.name);
  }

  use(fn: NamespaceMiddleware<AnySocket>): this {
    this.sockets.use(fn);
    return this;
  }

  override emit(...data: EventData): boolean {
    return this.sockets.emit(...data);
  }

  serverSideEmit(...data: EventData): boolean {
    return this.sockets.serverSideEmit(...data);
  }

  serverSideEmitWithAck(...data: EventData): Promise<Untyped[]> {
    return this.sockets.serverSideEmitWithAck(...data);
  }

  // --- what is told to listeners ---

  onSlowConsumer(client: Outgoing, bufferedAmount: number, dropped: PreparedMessage[]): void {
    const { policy } = this.flow;
    this.sockets.emitReserved("slow_consumer", { client, policy, bufferedAmount, dropped });
  }

  onPayloadTooLarge(client: Connection, limit: number, size: number | undefined): void {
    this.sockets.emitReserved("payload_too_large", { client, limit, size });
  }

  reportError(error: unknown, context: HandlerErrorContext, asynchronous: boolean): void {
    reportHandlerError(error, context, asynchronous, (...args) =>
      EventEmitter.prototype.emit.call(this.sockets, "handler_error", ...args),
    );
  }
}

function passengerOf(session: EngineSocket): Passenger {
  return {
    leave: () => moveAway(session),
    onceGone: (listener) => void session.once("close", listener),
  };
}

function isOptions(value: unknown): value is Given {
  return typeof value === "object" && value !== null && !("listen" in value);
}

/** A codec, or a parser of Socket.IO's shape behind the codec port. */
function codecOf(parser: Untyped): Codec {
  if (parser === undefined) return jsonCodec;
  if (typeof parser?.encoder === "function" && typeof parser.decoder === "function") return parser;
  if (typeof parser?.Encoder === "function" && typeof parser.Decoder === "function")
    return adaptParser(parser);
  throw new TypeError("the parser option takes a codec or a parser ({ Encoder, Decoder })");
}

/** Adapters are classes, functions that return one when called by `new`, or arrow functions. */
function instantiate(adapter: AdapterConstructor, namespace: Namespace): AdapterLike {
  if (adapter.prototype === undefined) return (adapter as (nsp: Namespace) => AdapterLike)(namespace);
  return new (adapter as new (nsp: Namespace) => AdapterLike)(namespace);
}

// Listeners of the server are those of its namespace "/", as they have always been in Socket.IO.
const SHARED = [
  "addListener",
  "eventNames",
  "getMaxListeners",
  "listenerCount",
  "listeners",
  "off",
  "on",
  "once",
  "prependListener",
  "prependOnceListener",
  "rawListeners",
  "removeAllListeners",
  "removeListener",
  "setMaxListeners",
] as const;

for (const name of SHARED) {
  Object.defineProperty(Server.prototype, name, {
    configurable: true,
    writable: true,
    value(this: Server, ...args: never[]) {
      const result: unknown = Reflect.apply(EventEmitter.prototype[name], this.sockets, args);
      return result === this.sockets ? this : result;
    },
  });
}
