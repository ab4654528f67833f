/** One client in one namespace: events come in and go out here. */
import { EventEmitter } from "node:events";
import type { IncomingMessage } from "node:http";
import type { RecoveryFailure } from "@sockeye/adapter";
import {
  type AbortSignalLike,
  AckError,
  AckLedger,
  type Clock,
  type Middleware,
  runMiddlewares,
  type Settle,
  type Untyped,
} from "@sockeye/core";
import { type Packet, PacketType } from "@sockeye/protocol";
import type { DisconnectReason, Event, Handshake } from "../api/handshake.ts";
import type { AnyNamespace, AnyServer, AnySocket, HandlerErrorContext } from "../api/server.ts";
import type { Room } from "../api/target.ts";
import { type EventData, type EventPacket, eventPacket, takeAck } from "../broadcast/event-packet.ts";
import { BroadcastOperator, type OperatorAdapter } from "../broadcast/operator.ts";
import type { Flags } from "../broadcast/target.ts";
import type { DeliverySocket, Participation } from "../delivery/client-delivery.ts";
import type { NumberedEvent } from "../delivery/reliable-queue.ts";
import type { Socket as EngineSocket } from "../engine/socket.ts";
import { onRejection } from "../handler-errors.ts";
import { type AnyListener, CatchAllEmitter, callAll, type ReportListener } from "./catch-all.ts";
import type { Identity, SocketConnection } from "./connection-port.ts";
import { createHandshake } from "./handshake.ts";
import { type Delivery, SocketTarget, type TargetHome } from "./target.ts";

/** What a socket needs of its namespace. */
export interface SocketNamespace extends AnyNamespace {
  readonly adapter: OperatorAdapter;
  readonly clock: Clock;
  /** Whether sessions are kept for clients that come back. */
  readonly recovers: boolean;
  forget(socket: Socket): void;
  reportError(error: unknown, context: HandlerErrorContext, asynchronous: boolean): void;
}

/** Reasons that are no farewell: the client may come back. */
const RECOVERABLE: ReadonlySet<string> = new Set([
  "transport error",
  "transport close",
  "forced close",
  "ping timeout",
  "server shutting down",
  "forced server close",
]);

// A handler's rejected promise reaches the emitter's own rejection method.
const CAPTURE = { captureRejections: true };
// The names by which our client takes part in the delivery guarantees; official clients never see them.
const RELIABLE = "sockeye:reliable";
const RECEIVED = "sockeye:received";

const PLAIN: Delivery = { flags: {}, signal: undefined };

// Times are kept from here on: as the small numbers that they are then, they take no memory of their own.
const loadedAt = Date.now();

const emitHere = EventEmitter.prototype.emit as (this: EventEmitter, ...data: Untyped[]) => boolean;

export class Socket extends CatchAllEmitter implements AnySocket, TargetHome, DeliverySocket {
  readonly nsp: SocketNamespace;
  readonly client: SocketConnection;
  readonly id: string;
  readonly recovered: boolean;
  readonly recoveryFailure: RecoveryFailure | undefined;
  readonly #pid: string | undefined;
  readonly #auth: Record<string, Untyped> | undefined;
  readonly #issued: number = Date.now() - loadedAt;
  #handshake: Handshake | undefined;
  #data: Untyped;
  #state: "connecting" | "connected" | "disconnecting" | "disconnected" = "connecting";
  #acks: AckLedger | undefined;
  #middlewares: Middleware<Event>[] | undefined;
  readonly #participation: Participation | undefined;

  constructor(
    nsp: SocketNamespace,
    client: SocketConnection,
    { id, pid, auth, session, participation }: Identity,
  ) {
    super(CAPTURE);
    this.nsp = nsp;
    this.client = client;
    this.id = id;
    this.#pid = pid;
    this.#auth = auth;
    this.#participation = participation;
    this.recovered = typeof session === "object";
    this.recoveryFailure = typeof session === "string" ? session : undefined;
    if (typeof session !== "object") return;
    this.#data = session.data;
    void this.join(session.rooms);
  }

  get server(): AnyServer {
    return this.nsp.server;
  }

  /** The secret id of the session. */
  get pid(): string | undefined {
    return this.#pid;
  }

  get connected(): boolean {
    return this.#state === "connected" || this.#state === "disconnecting";
  }

  get disconnected(): boolean {
    return !this.connected;
  }

  get handshake(): Handshake {
    const { request, remoteAddress } = this.conn;
    this.#handshake ??= createHandshake(
      { request, remoteAddress },
      this.#auth ?? {},
      loadedAt + this.#issued,
    );
    return this.#handshake;
  }

  get data(): Untyped {
    this.#data ??= {};
    return this.#data;
  }

  set data(data: Untyped) {
    this.#data = data;
  }

  get conn(): EngineSocket {
    return this.client.conn;
  }

  get request(): IncomingMessage {
    return this.client.request;
  }

  get rooms(): Set<Room> {
    return this.nsp.adapter.socketRooms(this.id) ?? new Set();
  }

  get bufferedAmount(): number {
    return this.client.bufferedAmount;
  }

  drained(): Promise<void> {
    return this.client.drained();
  }

  // --- sending ---

  override emit(...data: EventData): boolean {
    const ev = data[0];
    if (ev === "newListener" || ev === "removeListener") return this.#emitOwn(...data);
    return this.deliver(data, PLAIN);
  }

  // Node.js types them as Function[].
  override listeners(event: string | symbol): Untyped[] {
    return super.listeners(event);
  }

  emitWithAck(...data: EventData): Promise<Untyped> {
    return this.ask(data, PLAIN);
  }

  // Node.js emits these two on the emitter itself, when somebody listens.
  #emitOwn(...data: EventData): boolean {
    if (this.listenerCount(data[0]) > 0) return emitHere.apply(this, data);
    throw new Error(`"${String(data[0])}" is a reserved event name`);
  }

  deliver(data: EventData, delivery: Delivery): boolean {
    const packet = eventPacket(data, this.nsp.name);
    const ack = takeAck(data);
    if (ack) this.#expect(packet, delivery, this.#settle(ack, delivery, data[0]));
    else this.#send(packet, delivery.flags);
    return true;
  }

  ask(data: EventData, delivery: Delivery): Promise<Untyped> {
    return new Promise((resolve, reject) => {
      const packet = eventPacket(data, this.nsp.name);
      this.#expect(packet, delivery, (error, args) => (error === null ? resolve(args[0]) : reject(error)));
    });
  }

  #settle(ack: AnyListener, { flags, signal }: Delivery, ev: string | symbol): Settle {
    const withError = flags.timeout !== undefined || signal !== undefined;
    return (error, args) => {
      if (withError) callAll([ack], error === null ? [null, ...args] : [error], this.reporter(ev));
      // Without a place for an error there is nothing to say.
      else if (error === null) callAll([ack], args, this.reporter(ev));
    };
  }

  #expect(packet: EventPacket, { flags, signal }: Delivery, settle: Settle): void {
    const reason = this.#whyNot(signal);
    if (reason !== undefined) {
      process.nextTick(settle, reason, []);
      return;
    }
    packet.id = this.nsp._ids++;
    this.notifyOutgoingListeners(packet);
    const { timeout } = flags;
    if (timeout === undefined && !signal) {
      this.acks.wait(packet.id, settle);
      this.client.send(packet, flags);
    } else {
      const withdraw = this.client.sendRevocable(packet, flags);
      this.acks.wait(packet.id, settle, { timeout, signal, withdraw });
    }
  }

  #whyNot(signal: AbortSignalLike | undefined): unknown {
    if (signal?.aborted) return signal.reason ?? new Error("aborted");
    return this.#state === "disconnected" ? new AckError("ERR_DISCONNECTED") : undefined;
  }

  #send(packet: EventPacket, flags: Flags): void {
    // The adapter keeps the event, in case the client has to come back for it.
    if (this.nsp.recovers && this.connected) {
      const rooms = new Set([this.id]);
      void this.nsp.adapter.broadcast(packet, {
        rooms,
        except: new Set(),
        flags: { ...flags, direct: true },
      });
    } else {
      this.notifyOutgoingListeners(packet);
      this.client.send(packet, flags);
    }
  }

  send(...args: Untyped[]): this {
    this.emit("message", ...args);
    return this;
  }

  write(...args: Untyped[]): this {
    return this.send(...args);
  }

  // --- delivery that outlives the connection ---

  get reliable(): { emit(...data: EventData): boolean } {
    return { emit: (...data) => this.#emitReliable(data) };
  }

  #emitReliable(data: EventData): boolean {
    if (typeof data.at(-1) === "function") {
      throw new TypeError("a reliable event takes no acknowledgement: it is acknowledged by itself");
    }
    const packet = eventPacket(data, this.nsp.name);
    if (!this.#participation) return this.emit(...data);
    this.notifyOutgoingListeners(packet);
    this.#participation.delivery.emit(data);
    return true;
  }

  sendReliable([number, data]: NumberedEvent): void {
    const event = { type: PacketType.EVENT, nsp: this.nsp.name, data: [RELIABLE, number, ...data] };
    this.client.send(event, PLAIN.flags);
  }

  sendAnswer(id: number, args: Untyped[]): void {
    this.client.send({ type: PacketType.ACK, nsp: this.nsp.name, id, data: args }, PLAIN.flags);
  }

  compress(compress: boolean): SocketTarget {
    return new SocketTarget(this, { compress });
  }

  get volatile(): SocketTarget {
    return new SocketTarget(this, { volatile: true });
  }

  timeout(timeout: number): SocketTarget {
    return new SocketTarget(this, { timeout });
  }

  signal(signal: AbortSignalLike): SocketTarget {
    return new SocketTarget(this, {}, signal);
  }

  // --- broadcasting ---

  broadcastWith({ flags, signal }: Delivery): BroadcastOperator {
    return new BroadcastOperator(this.nsp.adapter, new Set(), new Set([this.id]), flags, signal);
  }

  get broadcast(): BroadcastOperator {
    return this.broadcastWith(PLAIN);
  }

  get local(): BroadcastOperator {
    return this.broadcast.local;
  }

  to(room: Room | Room[]): BroadcastOperator {
    return this.broadcast.to(room);
  }

  in(room: Room | Room[]): BroadcastOperator {
    return this.broadcast.to(room);
  }

  except(room: Room | Room[]): BroadcastOperator {
    return this.broadcast.except(room);
  }

  join(rooms: Room | Room[]): Promise<void> | void {
    if (this.#state === "disconnected") return;
    return this.nsp.adapter.addAll(this.id, new Set(Array.isArray(rooms) ? rooms : [rooms]));
  }

  leave(room: Room): Promise<void> | void {
    return this.nsp.adapter.del(this.id, room);
  }

  // --- receiving ---

  /** Takes a packet of this client. */
  onPacket(packet: Packet): void {
    if (this.#state !== "connected") return;
    switch (packet.type) {
      case PacketType.EVENT:
        this.#onEvent(packet);
        break;
      case PacketType.ACK:
        this.#onAck(packet);
        break;
      case PacketType.DISCONNECT:
        this.onConnectionClose("client namespace disconnect");
        break;
    }
  }

  #onEvent({ data, id }: Packet): void {
    const event = data as Event;
    const delivery = this.#participation?.delivery;
    if (delivery && event[0] === RECEIVED) {
      delivery.acknowledge(event[1]);
      return;
    }
    if (id !== undefined) {
      const answer = delivery ? delivery.take(id) : this.ack(id);
      if (!answer) return;
      event.push(answer);
    }
    this.hear(event);
    if (this.#middlewares) this.#runMiddlewares(this.#middlewares, event);
    else this.#dispatch(event);
  }

  ack(id: number): (...args: Untyped[]) => void {
    let sent = false;
    return (...args) => {
      if (sent || this.#state === "disconnected") return;
      sent = true;
      this.client.send({ type: PacketType.ACK, nsp: this.nsp.name, id, data: args }, PLAIN.flags);
    };
  }

  #runMiddlewares(middlewares: Middleware<Event>[], event: Event): void {
    const report = this.reporter(event[0]);
    runMiddlewares(middlewares, event, {
      passed: () => this.#dispatch(event),
      refused: (error) => {
        this.onUnhandled(event);
        this.#onRefused(error);
      },
      failed: (error, asynchronous) => {
        this.onUnhandled(event);
        report(error, asynchronous);
      },
    });
  }

  #onRefused(error: Error): void {
    if (this.listenerCount("error") > 0) this.#emitReserved("error", error);
    else console.error("Missing error handler on `socket`.", error);
  }

  /** An event was not handled, or not to the end: a client that repeats it is heard again. */
  onUnhandled(event: readonly Untyped[]): void {
    this.#participation?.delivery.failed(event.at(-1));
  }

  #dispatch(event: Event): void {
    if (this.#state !== "connected") {
      this.onUnhandled(event);
      return;
    }
    // An emitter throws what is emitted as "error" and nobody listens to (CVE-2024-38355).
    if (event[0] === "error" && this.listenerCount("error") === 0) return;
    try {
      emitHere.apply(this, event);
    } catch (error) {
      this.onUnhandled(event);
      this.nsp.reportError(error, { socket: this, event: event[0] }, false);
    }
  }

  #onAck({ id, data }: Packet): void {
    try {
      if (id !== undefined) this.#acks?.answer(id, data as Untyped[]);
    } catch (error) {
      this.nsp.reportError(error, { socket: this, event: "ack" }, false);
    }
  }

  #emitReserved(event: string, ...args: Untyped[]): void {
    try {
      emitHere.call(this, event, ...args);
    } catch (error) {
      this.nsp.reportError(error, { socket: this, event }, false);
    }
  }

  protected override reporter(event: string | symbol): ReportListener {
    return (error, asynchronous) => this.nsp.reportError(error, { socket: this, event }, asynchronous);
  }

  use(fn: Middleware<Event>): this {
    this.#middlewares ??= [];
    this.#middlewares.push(fn);
    return this;
  }

  // --- coming and going ---

  /** The acknowledgements that this client owes; adapters add those of broadcasts. */
  get acks(): AckLedger {
    this.#acks ??= new AckLedger(this.nsp.clock);
    return this.#acks;
  }

  /** Whether the client has gone on to another server since it came. */
  get isOvertaken(): boolean {
    return this.#participation?.delivery.isOver === true;
  }

  /** The namespace has let the client in: says so, and sends what it has missed. */
  enter(missedPackets: unknown[][]): void {
    this.#state = "connected";
    void this.join(this.id);
    const { name } = this.nsp;
    const participation = this.#participation;
    const delivery = participation?.delivery.id;
    const data = this.client.isEIO3
      ? undefined
      : this.#pid === undefined && delivery === undefined
        ? { sid: this.id }
        : { sid: this.id, pid: this.#pid, delivery };
    this.client.send({ type: PacketType.CONNECT, nsp: name, data }, PLAIN.flags);
    for (const missed of missedPackets) {
      this.client.send({ type: PacketType.EVENT, nsp: name, data: missed }, PLAIN.flags);
    }
    participation?.delivery.enter(this, participation.received);
  }

  /** The client did not get in after all. */
  giveUp(): void {
    // Once only: by now the id may be that of another socket, which continues the session.
    if (this.#state === "disconnected") return;
    this.#state = "disconnected";
    this.nsp.adapter.delAll(this.id);
    this.#acks?.failAll(new AckError("ERR_DISCONNECTED"));
  }

  onConnectionClose(reason: string, description?: unknown): void {
    if (this.#state !== "connected") return;
    this.#state = "disconnecting";
    this.#emitReserved("disconnecting", reason, description);
    if (this.#pid !== undefined && RECOVERABLE.has(reason)) this.#persist(this.#pid);
    this.giveUp();
    this.#participation?.delivery.exit(this);
    this.nsp.forget(this);
    this.client.detach(this.nsp.name);
    this.#emitReserved("disconnect", reason as DisconnectReason, description);
  }

  #persist(pid: string): void {
    this.nsp.adapter.persistSession({ sid: this.id, pid, rooms: [...this.rooms], data: this.data });
  }

  disconnect(close = false): this {
    if (this.#state !== "connected") return this;
    if (close) this.client.disconnectAll();
    else {
      this.nsp.adapter.farewell?.(this.id);
      this.client.send({ type: PacketType.DISCONNECT, nsp: this.nsp.name }, PLAIN.flags);
      this.onConnectionClose("server namespace disconnect");
    }
    return this;
  }
}

onRejection(Socket, (socket, error, event, args) => {
  socket.onUnhandled(args);
  socket.nsp.reportError(error, { socket, event }, true);
});
