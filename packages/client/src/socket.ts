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
import { limit, type WaitOptions } from "./deadline.ts";
import { Emitter } from "./emitter.ts";
import { type EmitError, type EmitErrorCode, emitError } from "./errors.ts";
import type {
  Auth,
  DisconnectDescription,
  ExtendedError,
  DisconnectReason as Reason,
  SocketOptions,
  SocketReservedEvents,
} from "./options.ts";
import { type Ack, type QueuedEvent, RetryQueue } from "./retry-queue.ts";
import type { WriteOptions } from "./wire/engine.ts";
import { ACK, CONNECT, DISCONNECT, EVENT, RESERVED } from "./wire/socket.ts";

/** A packet with how it is to be written. */
export type OutgoingPacket = Packet & { options?: WriteOptions; bytes_?: number };

/** What a socket needs of its Manager. */
export interface SocketHome {
  readonly clock_: Clock;
  readonly engine?: Untyped;
  _readyState: string;
  _reconnecting: boolean;
  _autoConnect: boolean;
  open(): unknown;
  _destroy(socket: unknown): void;
  /** Sends. @throws EmitError ERR_PAYLOAD_TOO_LARGE; what the encoder throws */
  _packet(packet: OutgoingPacket): void;
  /** Bytes of a packet on the wire. */
  sizeOf_(packet: OutgoingPacket): number;
  changed_(): void;
  on(event: "change", listener: () => void): unknown;
  off(event: "change", listener: () => void): unknown;
  emitReserved(event: "emit_error", error: Error, name: string, args: unknown[]): unknown;
  /** Milliseconds before an attempt. */
  delay_(attempt: number): number;
}

/** Names of events that a Sockeye server and its clients use among themselves. */
const RELIABLE = "sockeye:reliable";
const RECEIVED = "sockeye:received";

/** One receipt is for all reliable events within this many milliseconds. */
const RECEIPT_DELAY = 100;

/** Calls an acknowledgement back; returns whether an error reached the application. */
type Settle = (error: Error | null, args?: unknown[]) => boolean;

interface Flags {
  compress?: boolean;
  volatile?: boolean;
  timeout?: number;
  signal?: AbortSignal;
  /** The callback takes an error first. */
  withError?: boolean;
}

type AnyListener = (...args: Untyped[]) => void;

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
  auth: Auth;
  /** Events that came before the connection was confirmed. */
  receiveBuffer: Array<ReadonlyArray<Untyped>> = [];
  /** Events that wait for the connection. May be read and changed; {@link clearBuffer} settles acknowledgements, too. */
  sendBuffer: OutgoingPacket[] = [];
  /** Why the namespace could not be connected; undefined once it is. */
  lastError: ExtendedError | undefined;
  readonly nsp: string;
  readonly _opts: SocketOptions;
  _pid: string | undefined;
  _lastOffset: string | undefined;
  private readonly home_: SocketHome;
  private ids_ = 0;
  private readonly acks_: Map<number, Settle> = new Map();
  private flags_: Flags = {};
  private readonly queue_: RetryQueue<Flags>;
  private readonly any_: AnyListener[] = [];
  private readonly anyOutgoing_: AnyListener[] = [];
  private retryTimer_: Timer;
  private refusals_ = 0;
  /** Given by a server that delivers for sure. */
  private delivery_: string | undefined;
  /** Number of the last reliable event. */
  private received_ = 0;
  private receipt_: Timer;

  constructor(io: SocketHome, nsp: string, opts: SocketOptions = {}) {
    super();
    this.home_ = io;
    Object.assign(this, { io });
    this.nsp = nsp;
    this._opts = { ...opts };
    this.auth = opts.auth as Auth;
    this.queue_ = new RetryQueue(this, opts.retries as number);
    if (io._autoConnect) this.open();
  }

  get disconnected(): boolean {
    return !this.connected;
  }

  /** Events that wait for their acknowledgement, or for their turn, under the option `retries`. */
  get retryBuffer(): readonly QueuedEvent[] {
    return this.queue_.entries;
  }

  /** Bytes that were emitted and have not left yet, as far as the platform tells. */
  get bufferedAmount(): number {
    return this.home_.engine?.bufferedAmount ?? 0;
  }

  /** Connects, and stays connected until {@link disconnect}. */
  connect(): this {
    if (this.connected) return this;
    this.active = true;
    const { home_: home } = this;
    if (home._readyState === "open") this.onopen_();
    else if (!home._reconnecting) home.open();
    home.changed_();
    return this;
  }

  /** Same as {@link connect}. */
  open(): this {
    return this.connect();
  }

  /**
   * Connects, and resolves when connected. Rejects when the connection is refused or given up, the time is over
   * (ERR_TIMEOUT) or the signal is aborted; then only the waiting ends, see {@link disconnect}.
   */
  whenConnected(options: WaitOptions = {}): Promise<this> {
    const { home_: home } = this;
    this.connect();
    return new Promise((resolve, reject) => {
      const check = (): void => {
        const idle = !this.active || (!home._reconnecting && home._readyState === "closed");
        if (this.connected || idle) finish(this.lastError ?? gone());
      };
      const finish = (error: Error): void => {
        home.off("change", check);
        stop?.();
        if (this.connected) resolve(this);
        else reject(error);
      };
      home.on("change", check);
      let stop: (() => void) | undefined;
      stop = limit(home.clock_, options, finish);
      check();
    });
  }

  /**
   * Resolves when everything emitted has left. Rejects when the connection is lost before, the time is over
   * (ERR_TIMEOUT) or the signal is aborted.
   */
  async drained(options: WaitOptions = {}): Promise<void> {
    const { clock_: clock } = this.home_;
    let failure: Error | undefined;
    const stop = limit(clock, options, (reason) => {
      failure = reason;
    });
    // Looked after again and again: WebSockets have no event for it.
    while (this.bufferedAmount && !failure) {
      await new Promise<void>((resolve) => clock.setTimeout(resolve, 20));
      if (!this.connected) failure = gone();
    }
    stop();
    if (failure) throw failure;
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
    if (this._opts.retries && !flags.volatile) this.queue_.add(data, flags, ack);
    else this.sendOnce_(data, flags, ack);
    return this;
  }

  /** Sends an event; resolves with its acknowledgement. Rejects with an EmitError, or the signal's reason. */
  emitWithAck<Ev extends EventNames<EmitEvents>>(
    ev: Ev,
    ...args: ParamsWithoutAck<EmitEvents, Ev>
  ): Promise<AckOf<EmitEvents, Ev>> {
    return new Promise((resolve, reject) => {
      this.flags_.withError = true;
      const ack: Ack = (error, value) => (error ? reject(error) : resolve(value));
      this.emit(ev, ...([...args, ack] as Untyped));
    });
  }

  /** @internal */
  nextId_(): number {
    return this.ids_++;
  }

  /** @internal */
  sendOnce_(data: readonly unknown[], flags: Flags, ack: Ack | undefined, id?: number): void {
    const { home_: home } = this;
    const packet: OutgoingPacket = {
      type: EVENT,
      nsp: this.nsp,
      data,
      options: { compress: flags.compress !== false },
    };
    if (ack) {
      packet.id = id ?? this.ids_++;
      this.expect_(packet.id, ack, flags);
      // An aborted signal has settled it already.
      if (!this.acks_.has(packet.id)) return;
    }
    if (flags.volatile && !home.engine?.transport?.writable) this.fail_(packet, "ERR_DROPPED", true);
    else if (this.connected && !home.engine._hasPingExpired()) this.dispatch_(packet);
    else this.hold_(packet);
  }

  /** Registers an acknowledgement callback. */
  private expect_(id: number, ack: Ack, flags: Flags): void {
    const { timeout = this._opts.ackTimeout, signal } = flags;
    const withError = flags.withError || signal || timeout !== undefined;
    let stop: (() => void) | undefined;
    const settle: Settle = (error, args = []) => {
      if (this.acks_.get(id) === settle) this.acks_.delete(id);
      stop?.();
      // What nobody waits for any more need not be sent.
      if (error) this.sendBuffer = this.sendBuffer.filter((packet) => packet.id !== id);
      if (withError) ack(error, ...args);
      else if (!error) (ack as AnyListener)(...args);
      return !!withError;
    };
    this.acks_.set(id, settle);
    stop = limit(this.home_.clock_, { timeout, signal }, settle);
  }

  private dispatch_(packet: OutgoingPacket): void {
    for (const listener of [...this.anyOutgoing_]) listener.apply(this, packet.data as unknown[]);
    try {
      this.home_._packet(packet);
    } catch (error) {
      if ((error as EmitError).code !== "ERR_PAYLOAD_TOO_LARGE") throw error;
      this.report_(packet, error as Error);
    }
  }

  /** Keeps an event for the next connection, as far as the options allow. */
  private hold_(packet: OutgoingPacket): void {
    const { offline, maxBufferedEvents = Infinity, maxBufferedBytes } = this._opts;
    if (offline === "drop" || offline === "reject") this.fail_(packet, "ERR_OFFLINE", offline === "drop");
    else {
      this.sendBuffer.push(packet);
      let bytes = 0;
      if (maxBufferedBytes !== undefined) {
        packet.bytes_ = this.home_.sizeOf_(packet);
        for (const { bytes_ = 0 } of this.sendBuffer) bytes += bytes_;
      }
      if (this.sendBuffer.length > maxBufferedEvents || bytes > (maxBufferedBytes as number)) {
        this.sendBuffer.pop();
        this.fail_(packet, "ERR_BUFFER_FULL");
      }
    }
  }

  private fail_(packet: OutgoingPacket, code: EmitErrorCode, quiet = false): void {
    this.report_(packet, emitError(code, `the event was not sent: ${code}`), quiet);
  }

  /** Tells who waits for the acknowledgement; if nobody can be told, the Manager. */
  private report_(packet: OutgoingPacket, error: Error, quiet = false): void {
    if (this.acks_.get(packet.id as number)?.(error) || quiet) return;
    const [name, ...args] = packet.data as [string, ...unknown[]];
    this.home_.emitReserved("emit_error", error, name, args);
  }

  /** Removes events from the buffer, all or those that match; their acknowledgements fail with ERR_DROPPED. */
  clearBuffer(match: (packet: OutgoingPacket) => boolean = () => true): this {
    const dropped = this.sendBuffer.filter(match);
    this.sendBuffer = this.sendBuffer.filter((packet) => !dropped.includes(packet));
    for (const packet of dropped) this.fail_(packet, "ERR_DROPPED", true);
    return this;
  }

  private packet_(packet: OutgoingPacket): void {
    this.home_._packet(packet);
  }

  /** @internal The connection is open: asks for the namespace. */
  onopen_(): void {
    const { auth, home_: home } = this;
    const { engine } = home;
    home.clock_.clearTimeout(this.retryTimer_);
    let asked = false;
    const connect = (data?: object): void => {
      // Credentials may come after the connection that they were meant for.
      if (asked || !this.active || home.engine !== engine) return;
      asked = true;
      const { reliable, retries } = this._opts;
      const session = {
        ...(this._pid && { pid: this._pid, offset: this._lastOffset }),
        ...((reliable ?? retries) && { delivery: [this.delivery_ ?? null, this.received_] }),
      };
      this.packet_({
        type: CONNECT,
        nsp: this.nsp,
        data: data || Object.keys(session).length ? { ...session, ...data } : undefined,
      });
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
    if (this.connected) return;
    this.lastError = error;
    this.emitReserved("connect_error", error);
  }

  /** @internal The connection is closed. */
  onclose_(reason: string, description?: DisconnectDescription): void {
    this.home_.clock_.clearTimeout(this.retryTimer_);
    if (!this.connected) return;
    this.connected = false;
    this.id = undefined;
    this.emitReserved("disconnect", reason as Reason, description);
    const waiting = new Set(this.sendBuffer.map((packet) => packet.id));
    for (const [id, settle] of [...this.acks_]) if (!waiting.has(id)) settle(gone());
  }

  /** @internal A packet for this namespace has come. */
  onpacket_({ type, data, id }: Packet): void {
    if (type === CONNECT) this.onconnect_(data as Handshake | undefined);
    else if (type === EVENT) this.onevent_(data as unknown[], id);
    else if (type === ACK) this.acks_.get(id as number)?.(null, data as unknown[]);
    else if (type === DISCONNECT) this.leave_("io server disconnect");
    else {
      const refusal = data as { message?: string; data?: unknown } | undefined;
      this.refuse_(Object.assign(new Error(refusal?.message ?? `${data}`), { data: refusal?.data }));
    }
  }

  private onconnect_(data: Handshake | undefined): void {
    if (!data?.sid) {
      this.onerror_(new Error("the server speaks Socket.IO v2, which is not compatible with this client"));
      return;
    }
    this.id = data.sid;
    this.recovered = !!data.pid && this._pid === data.pid;
    this._pid = data.pid;
    if (this.delivery_ !== data.delivery) this.received_ = 0;
    this.delivery_ = data.delivery;
    this.connected = true;
    this.lastError = undefined;
    this.refusals_ = 0;
    for (const args of this.receiveBuffer.splice(0)) this.deliver_(args);
    this.flush_();
    this.emitReserved("connect");
    this.queue_.drain(true);
    this.home_.changed_();
  }

  /** @internal Sends what waits for the connection. */
  flush_(): void {
    if (this.connected) for (const packet of this.sendBuffer.splice(0)) this.dispatch_(packet);
  }

  private onevent_(data: unknown[], id: number | undefined): void {
    if (this.delivery_ && data[0] === RELIABLE) {
      const [, number, ...event] = data as [string, number];
      if (number > this.received_) {
        this.received_ = number;
        this.receipt_ ??= this.home_.clock_.setTimeout(() => this.acknowledge_(), RECEIPT_DELAY);
        this.onevent_(event, id);
      }
      return;
    }
    const args = id === undefined ? data : [...data, this.ack_(id)];
    if (this.connected) this.deliver_(args);
    else this.receiveBuffer.push(args);
  }

  /** Of all reliable events so far. */
  private acknowledge_(): void {
    this.receipt_ = undefined;
    if (this.connected) this.packet_({ type: EVENT, nsp: this.nsp, data: [RECEIVED, this.received_] });
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

  /** The server refused the namespace, or there are no credentials. */
  private async refuse_(error: ExtendedError): Promise<void> {
    const { home_: home } = this;
    const { shouldRetry } = this._opts;
    this.lastError = error;
    if (!shouldRetry) this.destroy_();
    this.onerror_(error);
    if (shouldRetry) {
      const verdict = await shouldRetry(error);
      if (verdict === false) this.destroy_();
      else {
        const delay = verdict === true ? home.delay_(this.refusals_++) : verdict;
        this.retryTimer_ = home.clock_.setTimeout(() => this.active && this.onopen_(), delay);
      }
    }
    home.changed_();
  }

  private destroy_(): void {
    this.active = false;
    this.home_.clock_.clearTimeout(this.retryTimer_);
    this.home_._destroy(this);
  }

  private leave_(reason: Reason): void {
    this.destroy_();
    this.onclose_(reason);
    this.home_.changed_();
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

  /** The next event's acknowledgement fails when the signal is aborted; its callback takes the error first. */
  signal(signal: AbortSignal): Socket<ListenEvents, DecorateAcknowledgements<EmitEvents>> {
    this.flags_.signal = signal;
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

interface Handshake {
  sid?: string;
  pid?: string;
  delivery?: string;
}

const gone = (): Error => emitError("ERR_DISCONNECTED", "socket has been disconnected");

function remove(listeners: AnyListener[], listener: AnyListener | undefined): void {
  if (!listener) listeners.length = 0;
  else if (listeners.includes(listener)) listeners.splice(listeners.indexOf(listener), 1);
}
