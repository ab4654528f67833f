/** One namespace over a connection: events out, events in, acknowledgements. */
import type {
  AckOf,
  Clock,
  DecorateAcknowledgements,
  DefaultEventsMap,
  EventNames,
  EventParams,
  EventsMap,
  ParamsWithoutAck,
  Timer,
  Untyped,
} from "@sockeye/core";
import type { Packet } from "@sockeye/protocol";
import { Emitter, remove } from "./emitter.ts";
import { emitError } from "./errors.ts";
import type {
  Auth,
  DisconnectDescription,
  ExtendedError,
  DisconnectReason as Reason,
  SocketOptions,
  SocketReservedEvents,
} from "./options.ts";
import type { WriteOptions } from "./wire/engine.ts";
import { ACK, CONNECT, CONNECT_ERROR, DISCONNECT, EVENT, RESERVED } from "./wire/socket.ts";

/** A packet with how it is to be written. */
export type OutgoingPacket = Packet & { options?: WriteOptions };

/** What a socket needs of its Manager. */
export interface SocketHome {
  readonly clock_: Clock;
  readonly engine?: Untyped;
  readonly nsps: Record<string, unknown>;
  readonly _autoConnect: boolean;
  _readyState: string;
  _reconnecting: boolean;
  open(): unknown;
  _destroy(socket: unknown): void;
  /** Sends. @throws what the encoder throws */
  _packet(packet: OutgoingPacket): void;
}

/** Calls an acknowledgement back; returns whether it takes an error first. */
export type Settle = (error: Error | null, args?: unknown[]) => boolean;

/** An acknowledgement callback with the error first. */
export type Ack = (error: (Error & { code?: string }) | null, ...args: Untyped[]) => void;

/** How an event is to be sent. */
export interface Flags {
  compress?: boolean;
  volatile?: boolean;
  timeout?: number;
  signal?: AbortSignal;
  /** The callback takes an error first. */
  withError_?: boolean;
  /** Whatever the option `retries` says, the event is not sent again. */
  hopeless_?: boolean;
}

/** An event under the option `retries`, on its way or waiting for its turn. */
export interface QueuedEvent {
  /** Of its acknowledgement: the same for all sendings, so that a server may know it again. */
  readonly id: number;
  /** How often it was sent. */
  tryCount: number;
  /** Whether an acknowledgement is awaited at present. */
  pending: boolean;
  /** Name and arguments. */
  readonly args: readonly unknown[];
}

type Entry = QueuedEvent & { readonly flags_: Flags; readonly settle_: Ack | undefined };

type AnyListener = (...args: Untyped[]) => void;

/** What a server answers to CONNECT. */
export interface Welcome {
  sid?: string;
  pid?: string;
  delivery?: string;
}

/**
 * A namespace of a server.
 *
 * @example
 * const socket = io("https://example.com");
 * socket.on("connect", () => socket.emit("hello", "world"));
 */
export class Socket<
  ListenEvents extends EventsMap = DefaultEventsMap,
  EmitEvents extends EventsMap = ListenEvents,
> extends Emitter<ListenEvents, EmitEvents, SocketReservedEvents> {
  /** Given by the server; undefined while not connected. */
  id: string | undefined;
  /** Whether the namespace is connected. */
  connected = false;
  /** Whether the last connection took up the one before, so that no event was missed. */
  recovered = false;
  /** Whether the socket connects whenever its Manager does. */
  active = false;
  /** Credentials, sent at each connection. */
  declare auth: Auth;
  /** Events that came before the connection was confirmed. */
  receiveBuffer: Array<ReadonlyArray<Untyped>> = [];
  /** Events that wait for the connection. */
  sendBuffer: OutgoingPacket[] = [];
  declare readonly nsp: string;
  declare readonly _opts: SocketOptions;
  declare _pid: string | undefined;
  declare _lastOffset: string | undefined;
  /** @internal */
  declare readonly home_: SocketHome;
  private ids_ = 0;
  /** @internal */
  readonly acks_: Map<number, Settle> = new Map();
  /** @internal Those of the next event. */
  flags_: Flags = {};
  /** @internal Oldest first; only the first is ever on its way. */
  readonly queue_: Entry[] = [];
  private readonly any_: AnyListener[] = [];
  private readonly anyOutgoing_: AnyListener[] = [];

  constructor(io: SocketHome, nsp: string, opts: SocketOptions = {}) {
    super();
    this.home_ = io;
    Object.assign(this, { io });
    this.nsp = nsp;
    this._opts = { ...opts };
    this.auth = opts.auth as Auth;
    io.nsps[nsp] ??= this;
    if (io._autoConnect) this.connect();
  }

  get disconnected(): boolean {
    return !this.connected;
  }

  /** Connects, and stays connected until {@link disconnect}. */
  connect(): this {
    if (!this.connected) {
      this.active = true;
      if (this.home_._readyState === "open") this.onopen_();
      else if (!this.home_._reconnecting) this.home_.open();
    }
    return this;
  }

  /** Same as {@link connect}. */
  open(): this {
    return this.connect();
  }

  /** Leaves the namespace; the connection ends with its last namespace. The socket does not connect again by itself. */
  disconnect(): this {
    if (this.connected) this.packet_({ type: DISCONNECT, nsp: this.nsp });
    this.leave_("io client disconnect");
    return this;
  }

  /** Same as {@link disconnect}. */
  close(): this {
    return this.disconnect();
  }

  /** Emits a "message". */
  send(...args: Untyped[]): this {
    return this.emit("message", ...(args as Untyped));
  }

  /**
   * Sends an event; a function as last argument is called with the acknowledgement.
   * @throws Error when the name is reserved, or an argument cannot be encoded
   */
  override emit<Ev extends EventNames<EmitEvents>>(ev: Ev, ...args: EventParams<EmitEvents, Ev>): this {
    if (RESERVED.includes(ev)) throw new Error(`"${String(ev)}" is a reserved event name`);
    const { flags_: flags } = this;
    this.flags_ = {};
    const data: unknown[] = [ev, ...args];
    const ack = typeof data.at(-1) === "function" ? (data.pop() as Ack) : undefined;
    if (this._opts.retries && !flags.volatile) {
      this.queue_.push({
        id: this.ids_++,
        tryCount: 0,
        pending: false,
        args: data,
        flags_: flags,
        settle_: ack,
      });
      this.drainQueue_();
    } else this.send_(data, flags, ack);
    return this;
  }

  /** Sends an event; resolves with its acknowledgement. Rejects with an Error that has a `code`. */
  emitWithAck<Ev extends EventNames<EmitEvents>>(
    ev: Ev,
    ...args: ParamsWithoutAck<EmitEvents, Ev>
  ): Promise<AckOf<EmitEvents, Ev>> {
    return new Promise((resolve, reject) => {
      this.flags_.withError_ = true;
      const ack: Ack = (error, value) => (error ? reject(error) : resolve(value));
      this.emit(ev, ...([...args, ack] as Untyped));
    });
  }

  /**
   * Sends the first event of the queue, and the next when it is acknowledged or given up.
   * @param again also if it is on its way: the connection is another one
   */
  private drainQueue_(again = false): void {
    const [entry] = this.queue_;
    if (!this.connected || !entry || (entry.pending && !again)) return;
    const { id, args, flags_: flags, settle_: ack } = entry;
    entry.pending = true;
    entry.tryCount++;
    const settle: Ack = (error, ...values) => {
      if (entry !== this.queue_[0]) return;
      entry.pending = false;
      if (!error || flags.hopeless_ || entry.tryCount > (this._opts.retries as number)) {
        this.queue_.shift();
        ack?.(error, ...values);
      }
      this.drainQueue_();
    };
    this.send_(args, { ...flags, withError_: true }, settle, id);
  }

  /** @internal Sends an event once. */
  send_(data: readonly unknown[], flags: Flags, ack: Ack | undefined, id?: number): void {
    const { engine } = this.home_;
    const { compress = true, volatile } = flags;
    const packet: OutgoingPacket = { type: EVENT, nsp: this.nsp, data, options: { compress } };
    if (ack) {
      packet.id = id ?? this.ids_++;
      this.expect_(packet.id, ack, flags);
    }
    const drop = !!volatile && !engine?.transport?.writable;
    if (!drop && this.connected && !engine._hasPingExpired()) this.dispatch_(packet);
    else this.hold_(packet, drop);
  }

  /** @internal Registers an acknowledgement callback. */
  expect_(id: number, ack: Ack, { timeout = this._opts.ackTimeout, withError_ }: Flags): void {
    const { clock_: clock } = this.home_;
    const tells = withError_ || timeout !== undefined;
    let timer: Timer;
    const settle: Settle = (error, args = []) => {
      if (this.acks_.get(id) === settle) this.acks_.delete(id);
      clock.clearTimeout(timer);
      // What nobody waits for any more need not be sent.
      if (error) this.sendBuffer = this.sendBuffer.filter((packet) => packet.id !== id);
      if (tells) ack(error, ...args);
      else if (!error) (ack as AnyListener)(...args);
      return tells;
    };
    this.acks_.set(id, settle);
    if (timeout !== undefined) {
      timer = clock.setTimeout(() => settle(emitError("ERR_TIMEOUT", "operation has timed out")), timeout);
    }
  }

  /** @internal */
  dispatch_(packet: OutgoingPacket): void {
    for (const listener of [...this.anyOutgoing_]) listener.apply(this, packet.data as unknown[]);
    this.packet_(packet);
  }

  /** @internal Keeps an event for the next connection, unless it is to be dropped. */
  hold_(packet: OutgoingPacket, drop: boolean): void {
    if (!drop) this.sendBuffer.push(packet);
  }

  /** @internal */
  packet_(packet: OutgoingPacket): void {
    this.home_._packet(packet);
  }

  /** @internal The connection is open: asks for the namespace. */
  onopen_(): void {
    const { auth, home_: home } = this;
    const { engine } = home;
    let asked = false;
    const connect = (data?: object): void => {
      // Credentials may come after the connection that they were meant for.
      if (asked || !this.active || home.engine !== engine) return;
      asked = true;
      const { _pid: pid } = this;
      const all = pid ? { pid, offset: this._lastOffset, ...data } : data;
      this.packet_({ type: CONNECT, nsp: this.nsp, data: all });
    };
    if (typeof auth !== "function") connect(auth);
    else {
      new Promise<unknown>((resolve) => resolve(auth(connect))).then(
        (data) => data && connect(data as object),
        (error) => this.refuse_(error),
      );
    }
  }

  /** @internal The connection could not be opened. */
  onerror_(error: Error): void {
    if (!this.connected) this.emitReserved("connect_error", error);
  }

  /** @internal The connection is closed. */
  onclose_(reason: string, description?: DisconnectDescription): void {
    if (this.connected) {
      this.connected = false;
      this.id = undefined;
      this.emitReserved("disconnect", reason as Reason, description);
      const waiting = new Set(this.sendBuffer.map((packet) => packet.id));
      for (const [id, settle] of [...this.acks_]) if (!waiting.has(id)) settle(gone());
    }
  }

  /** @internal A packet for this namespace has come. */
  onpacket_({ type, data, id }: Packet & { data?: Untyped }): void {
    if (type === CONNECT) this.onconnect_(data);
    if (type === EVENT) this.onevent_(data, id);
    if (type === ACK) this.acks_.get(id as number)?.(null, data);
    if (type === DISCONNECT) this.leave_("io server disconnect");
    if (type === CONNECT_ERROR) {
      this.refuse_(Object.assign(new Error(data?.message ?? `${data}`), { data: data?.data }));
    }
  }

  /** @internal */
  onconnect_(data: Welcome | undefined): void {
    if (data?.sid) {
      this.id = data.sid;
      this.recovered = !!data.pid && this._pid === data.pid;
      this._pid = data.pid;
      this.connected = true;
      for (const args of this.receiveBuffer.splice(0)) this.deliver_(args);
      this.flush_();
      this.emitReserved("connect");
      this.drainQueue_(true);
    } else this.onerror_(new Error("the server speaks Socket.IO v2"));
  }

  /** @internal Sends what waits for the connection. */
  flush_(): void {
    if (this.connected) for (const packet of this.sendBuffer.splice(0)) this.dispatch_(packet);
  }

  /** @internal */
  onevent_(data: unknown[], id: number | undefined): void {
    const args = id === undefined ? data : [...data, this.ack_(id)];
    if (this.connected) this.deliver_(args);
    else this.receiveBuffer.push(args);
  }

  private deliver_(args: readonly unknown[]): void {
    for (const listener of [...this.any_]) listener.apply(this, args as unknown[]);
    super.emit.apply(this, args as Untyped);
    const offset = args.at(-1);
    if (this._pid && typeof offset === "string") this._lastOffset = offset;
  }

  /** What a listener acknowledges an event with, once. */
  private ack_(id: number): AnyListener {
    let sent = false;
    return (...data) => {
      if (sent) return;
      sent = true;
      this.packet_({ type: ACK, nsp: this.nsp, id, data });
    };
  }

  /** @internal The server refused the namespace, or there are no credentials. */
  refuse_(error: ExtendedError): unknown {
    this.destroy_();
    return this.onerror_(error);
  }

  /** @internal */
  destroy_(): void {
    this.active = false;
    this.home_._destroy(this);
  }

  /** @internal */
  leave_(reason: Reason): void {
    this.destroy_();
    this.onclose_(reason);
  }

  /** Whether the next event may be compressed. */
  compress(compress: boolean): this {
    this.flags_.compress = compress;
    return this;
  }

  /** The next event is dropped unless it can be sent at once. */
  get volatile(): this {
    this.flags_.volatile = true;
    return this;
  }

  /** The next event's acknowledgement fails after this many milliseconds; its callback takes the error first. */
  timeout(timeout: number): Socket<ListenEvents, DecorateAcknowledgements<EmitEvents>> {
    this.flags_.timeout = timeout;
    return this as Untyped;
  }

  /** Adds a listener for every event that comes; it is called with the name first. */
  onAny(listener: AnyListener): this {
    this.any_.push(listener);
    return this;
  }

  /** As {@link onAny}, before those that are there. */
  prependAny(listener: AnyListener): this {
    this.any_.unshift(listener);
    return this;
  }

  /** Removes one listener of {@link onAny}, or all. */
  offAny(listener?: AnyListener): this {
    remove(this.any_, listener);
    return this;
  }

  /** The listeners of {@link onAny}, as the live list. */
  listenersAny(): AnyListener[] {
    return this.any_;
  }

  /** Adds a listener for every event that is sent, acknowledgements not included. */
  onAnyOutgoing(listener: AnyListener): this {
    this.anyOutgoing_.push(listener);
    return this;
  }

  /** As {@link onAnyOutgoing}, before those that are there. */
  prependAnyOutgoing(listener: AnyListener): this {
    this.anyOutgoing_.unshift(listener);
    return this;
  }

  /** Removes one listener of {@link onAnyOutgoing}, or all. */
  offAnyOutgoing(listener?: AnyListener): this {
    remove(this.anyOutgoing_, listener);
    return this;
  }

  /** The listeners of {@link onAnyOutgoing}, as the live list. */
  listenersAnyOutgoing(): AnyListener[] {
    return this.anyOutgoing_;
  }
}

export declare namespace Socket {
  type DisconnectReason = Reason;
}

/** What an acknowledgement fails with that cannot come any more. */
export const gone = (): Error => emitError("ERR_DISCONNECTED", "socket has been disconnected");
