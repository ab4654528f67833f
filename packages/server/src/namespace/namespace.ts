/** A channel of its own: its sockets, its middlewares, its handlers, its adapter. */
import { EventEmitter } from "node:events";
import type { RecoveryFailure, Session, SessionToPersist } from "@sockeye/adapter";
import { type Clock, type Middleware, runMiddlewares, type Untyped } from "@sockeye/core";
import type {
  AdapterLike,
  AnyNamespace,
  AnyServer,
  AnySocket,
  HandlerErrorContext,
  NamespaceMiddleware,
} from "../api/server.ts";
import type { SocketId } from "../api/target.ts";
import type { EventData } from "../broadcast/event-packet.ts";
import { BroadcastHost } from "../broadcast/host.ts";
import { BroadcastOperator, type OperatorAdapter, withResponses } from "../broadcast/operator.ts";
import type { AdmittingNamespace, Connection } from "../connection/connection.ts";
import type { Participation } from "../delivery/client-delivery.ts";
import { Deliveries, type Offer, offerOf } from "../delivery/deliveries.ts";
import type { DeliveryOptions } from "../delivery/options.ts";
import { PreparedMessage } from "../engine/prepared.ts";
import { onRejection } from "../handler-errors.ts";
import { Socket, type SocketNamespace } from "../socket/socket.ts";
import { Admission } from "./admission.ts";

/** What a namespace needs of the server. */
export interface NamespaceHome extends AnyServer {
  readonly clock: Clock;
  /** Connection state recovery, when it is switched on. */
  readonly recovery: { skipMiddlewares?: boolean } | undefined;
  readonly delivery: DeliveryOptions;
  createAdapter(namespace: Namespace): AdapterLike;
  createSessionId(): string;
  reportError(error: unknown, context: HandlerErrorContext, asynchronous: boolean): void;
}

/** Names of events that only the library emits here. */
const RESERVED: ReadonlySet<unknown> = new Set([
  "connect",
  "connection",
  "new_namespace",
  "session_expired",
  "reliable_expired",
  "handler_error",
  "slow_consumer",
  "payload_too_large",
]);

/** A client's attempt to continue its session. */
interface Recovery {
  readonly connection: Connection;
  /** Why it fails, if it does. */
  failure: RecoveryFailure;
}

const emitHere = EventEmitter.prototype.emit as (this: EventEmitter, ...data: Untyped[]) => boolean;

export class Namespace extends BroadcastHost implements AnyNamespace, SocketNamespace, AdmittingNamespace {
  readonly name: string;
  readonly server: NamespaceHome;
  readonly sockets: Map<SocketId, Socket> = new Map();
  adapter!: OperatorAdapter;
  // From 1 on: some clients take an id of 0 for none.
  _ids = 1;
  protected readonly middlewares: Middleware<Socket>[] = [];
  readonly #byPid = new Map<string, Socket>();
  readonly #admissions = new Set<Admission>();
  /** The latest attempts of clients to continue their sessions, by their secret ids. */
  readonly #recoveries = new Map<string, Recovery>();
  #deliveries: Deliveries | undefined;

  constructor(server: NamespaceHome, name: string) {
    super();
    this.server = server;
    this.name = name;
    this._initAdapter();
  }

  get clock(): Clock {
    return this.server.clock;
  }

  get recovers(): boolean {
    return this.server.recovery !== undefined;
  }

  protected override get everybody(): BroadcastOperator {
    return new BroadcastOperator(this.adapter);
  }

  /** Makes the adapter anew, as the server's has been changed. */
  _initAdapter(): void {
    this.adapter = this.server.createAdapter(this) as OperatorAdapter;
    this.adapter.on("session_expired", (session: SessionToPersist, reason: string) => {
      this.emitReserved("session_expired", session, reason);
    });
    this.adapter.on("recovery_failed", (reason: RecoveryFailure, pid: string) => {
      const recovery = this.#recoveries.get(pid);
      if (recovery) recovery.failure = reason;
    });
    if (this.server.delivery.durable && !this.adapter.records) {
      throw new TypeError(
        "delivery.durable: expected an adapter with shared records, as cluster() makes over a bus with a log with connectionStateRecovery",
      );
    }
    void this.adapter.init();
  }

  /** Makes of encoded frames one message that any number of clients take. */
  prepare(encoded: Array<string | Uint8Array>): PreparedMessage {
    return new PreparedMessage(encoded);
  }

  override emit(...data: EventData): boolean {
    const ev = data[0];
    // Node.js emits these two on the emitter itself, when somebody listens.
    const own = (ev === "newListener" || ev === "removeListener") && this.listenerCount(ev) > 0;
    return own ? emitHere.apply(this, data) : super.emit(...data);
  }

  use(fn: NamespaceMiddleware<AnySocket>): this {
    this.middlewares.push(fn as Middleware<Socket>);
    return this;
  }

  // --- the other servers ---

  serverSideEmit(...data: EventData): boolean {
    if (RESERVED.has(data[0])) throw new Error(`"${String(data[0])}" is a reserved event name`);
    void this.adapter.serverSideEmit(data);
    return true;
  }

  serverSideEmitWithAck(...data: EventData): Promise<Untyped[]> {
    return new Promise((resolve, reject) => {
      this.serverSideEmit(...data, (error: Error | null, responses: Untyped[]) => {
        if (error) reject(withResponses(error, responses));
        else resolve(responses);
      });
    });
  }

  // What comes over a bus may be forged, or of another version: it must not pass for an event of our own.
  _onServerSideEmit(args: Untyped[]): void {
    if (!Array.isArray(args) || typeof args[0] !== "string" || RESERVED.has(args[0])) return;
    const [event, ...rest] = args;
    if (event.startsWith("sockeye:") && this.#delivering.hear(args)) return;
    if (event !== "error" || this.listenerCount(event) > 0) this.emitReserved(event, ...rest);
  }

  // --- admission ---

  /** Lets a client in, or not. */
  admit(connection: Connection, auth: Record<string, Untyped> | undefined): void {
    const offer = auth && offerOf(auth);
    if (!offer || connection.isEIO3) this.#admit(connection, auth, undefined);
    else {
      // Between client and server; the application's credentials are what it has given.
      const { delivery: _, ...own } = auth;
      this.#admitParticipant(connection, own, offer);
    }
  }

  #admitParticipant(connection: Connection, auth: Record<string, Untyped>, offer: Offer): void {
    const { received } = offer;
    const known = this.#delivering.find(offer);
    if (known) {
      // The client knows that its connection is lost; the server may not have noticed yet.
      known.socket?.client.abandon();
      this.#admit(connection, auth, { delivery: known, received });
      return;
    }
    const admission = this.#beginAdmission(connection);
    this.#delivering
      .fetch(offer)
      .then((delivery) => {
        if (!delivery) return connection.abandon();
        // Of a client that begins anew, nothing has been received.
        const last = delivery.id === offer.id ? received : 0;
        if (connection.open) this.#admit(connection, auth, { delivery, received: last });
      })
      .catch((error: unknown) => this.reportError(error, { event: "connection" }, true))
      .finally(() => admission.end());
  }

  get #delivering(): Deliveries {
    this.#deliveries ??= new Deliveries(
      {
        clock: this.clock,
        records: this.adapter.records,
        tell: (packet) => this.adapter.serverSideEmit(packet),
        report: (expired) => this.emitReserved("reliable_expired", expired),
      },
      this.server.delivery,
    );
    return this.#deliveries;
  }

  /** Gives other servers the time to ask for what is kept of clients that have gone to them. */
  async handOver(): Promise<void> {
    if (this.#deliveries && (await this.adapter.serverCount()) > 1) await this.#deliveries.handedOver();
  }

  #admit(
    connection: Connection,
    auth: Record<string, Untyped> | undefined,
    participation: Participation | undefined,
  ): void {
    if (auth && this.recovers && typeof auth.pid === "string") {
      this.#recover(connection, auth, auth.pid, participation);
    } else this.#check(connection, auth, undefined, participation);
  }

  #beginAdmission(connection: Connection, ended?: () => void): Admission {
    const admission = new Admission(connection, () => {
      this.#admissions.delete(admission);
      ended?.();
      this.onLeave();
    });
    this.#admissions.add(admission);
    return admission;
  }

  /** Whether nobody is in, and nobody on the way. */
  protected get isEmpty(): boolean {
    return this.sockets.size === 0 && this.#admissions.size === 0;
  }

  #recover(
    connection: Connection,
    auth: Record<string, Untyped>,
    pid: string,
    participation: Participation | undefined,
  ): void {
    // The client knows that its connection is lost; the server may not have noticed yet.
    this.#byPid.get(pid)?.client.abandon();
    this.#recoveries.get(pid)?.connection.abandon();
    // A client that has never received an event has no offset to tell.
    const offset = typeof auth.offset === "string" ? auth.offset : undefined;
    const recovery: Recovery = { connection, failure: "unknown" };
    const admission = this.#beginAdmission(connection, () => {
      if (this.#recoveries.get(pid) === recovery) this.#recoveries.delete(pid);
    });
    this.#recoveries.set(pid, recovery);
    Promise.resolve()
      .then(() => this.adapter.restoreSession(pid, offset))
      .catch((error: unknown) => this.reportError(error, { event: "connection" }, true))
      .then((session: Session | null | undefined) => {
        if (connection.open) {
          this.#check(connection, auth, session ?? recovery.failure, participation, admission);
        } else if (session && !this.#recoveries.has(pid) && !this.sockets.has(session.sid)) {
          // Unless a later attempt goes on with it.
          this.adapter.delAll(session.sid);
        }
      })
      .catch((error: unknown) => {
        this.reportError(error, { event: "connection" }, true);
        admission.end();
      });
  }

  #check(
    connection: Connection,
    auth: Record<string, Untyped> | undefined,
    result: Session | RecoveryFailure | undefined,
    participation: Participation | undefined,
    begun?: Admission,
  ): void {
    const session = typeof result === "object" ? result : undefined;
    const socket = this.#createSocket(connection, auth, result, participation);
    const exempt = session && this.server.recovery?.skipMiddlewares;
    if (this.middlewares.length === 0 || exempt) {
      this.#enter(connection, socket, session);
      begun?.end();
      return;
    }
    const admission = begun ?? this.#beginAdmission(connection);
    admission.candidate = socket;
    const refuse = (error: Error): void => {
      socket.giveUp();
      if (connection.open) connection.refuse(this.name, error);
      admission.end();
    };
    runMiddlewares(this.middlewares, socket, {
      passed: () => {
        this.#enter(connection, socket, session);
        admission.end();
      },
      refused: refuse,
      failed: (error, asynchronous, over) => {
        this.reportError(error, { socket, event: "connection" }, asynchronous);
        // What went wrong inside is nobody's business outside.
        if (over) refuse(new Error("Internal server error"));
      },
    });
  }

  #createSocket(
    connection: Connection,
    auth: Record<string, Untyped> | undefined,
    result: Session | RecoveryFailure | undefined,
    participation: Participation | undefined,
  ): Socket {
    const session = typeof result === "object" ? result : undefined;
    return new Socket(this, connection, {
      id: session?.sid ?? this.#newId(connection),
      pid: session?.pid ?? (this.recovers ? this.server.createSessionId() : undefined),
      auth,
      session: result,
      participation,
    });
  }

  #newId(connection: Connection): string {
    if (!connection.isEIO3) return this.server.createSessionId();
    // Socket.IO v2: the client knows its id from the connection's.
    return this.name === "/" ? connection.id : `${this.name}#${connection.id}`;
  }

  #enter(connection: Connection, socket: Socket, session: Session | undefined): void {
    if (socket.isOvertaken) connection.abandon();
    if (!connection.open) {
      socket.giveUp();
      return;
    }
    this.sockets.set(socket.id, socket);
    if (socket.pid !== undefined) this.#byPid.set(socket.pid, socket);
    connection.attach(this.name, socket);
    socket.enter(session?.missedPackets ?? []);
    this.emitReserved("connect", socket);
    this.emitReserved("connection", socket);
  }

  /** A socket has left. */
  forget(socket: Socket): void {
    this.sockets.delete(socket.id);
    if (socket.pid !== undefined && this.#byPid.get(socket.pid) === socket) this.#byPid.delete(socket.pid);
    this.onLeave();
  }

  /** For namespaces that go when they are empty. */
  protected onLeave(): void {}

  /** Disconnects all sockets, lets nobody in who is on the way, and lets go of the adapter. */
  async shutDown(): Promise<void> {
    for (const socket of [...this.sockets.values()]) socket.onConnectionClose("server shutting down");
    // Without an adapter they would miss what is said, and think that they have had it.
    for (const admission of [...this.#admissions]) admission.moveAway();
    this.#deliveries?.close();
    await this.adapter.close();
  }

  // --- errors of handlers ---

  emitReserved(event: string, ...args: Untyped[]): void {
    try {
      emitHere.call(this, event, ...args);
    } catch (error) {
      this.reportError(error, contextOf(event, args), false);
    }
  }

  reportError(error: unknown, context: HandlerErrorContext, asynchronous: boolean): void {
    this.server.reportError(error, context, asynchronous);
  }
}

onRejection(Namespace, (namespace, error, event, args) => {
  namespace.reportError(error, contextOf(event, args), true);
});

function contextOf(event: string | symbol, args: Untyped[]): HandlerErrorContext {
  return args[0] instanceof Socket ? { event, socket: args[0] } : { event };
}
