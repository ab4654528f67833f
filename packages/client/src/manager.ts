/** One connection and all namespaces over it: opened, lost, restored. */
import type { Clock, DefaultEventsMap, EventsMap, Timer, Untyped } from "@sockeye/core";
import type { Packet } from "@sockeye/protocol";
import { Emitter, type NoEvents } from "./emitter.ts";
import { clockOf } from "./engine/clock.ts";
import { Session } from "./engine/session.ts";
import { type EmitError, emitError } from "./errors.ts";
import type { DisconnectDescription, ManagerOptions, SocketOptions } from "./options.ts";
import { backoff } from "./reconnector.ts";
import { type OutgoingPacket, Socket, type SocketHome } from "./socket.ts";
import type { RawData, WriteOptions } from "./wire/engine.ts";
import { CONNECT, createDecoder, DISCONNECT, encode } from "./wire/socket.ts";

declare module "./socket.ts" {
  interface Socket<
    ListenEvents extends EventsMap = DefaultEventsMap,
    EmitEvents extends EventsMap = ListenEvents,
  > {
    /** The connection that carries the namespace. */
    readonly io: Manager<ListenEvents, EmitEvents>;
  }
}

/** The events of a Manager. */
export interface ManagerReservedEvents {
  open: () => void;
  error: (err: Error) => void;
  ping: () => void;
  packet: (packet: Packet) => void;
  close: (reason: string, description?: DisconnectDescription) => void;
  reconnect_failed: () => void;
  reconnect_attempt: (attempt: number) => void;
  reconnect_error: (err: Error) => void;
  reconnect: (attempt: number) => void;
  /** An event without an error-first acknowledgement could not be sent. Not in the core. */
  emit_error: (err: EmitError, event: string, args: Untyped[]) => void;
  /** Something that `observe` shows may have changed. Not in the core. */
  change: () => void;
}

/** Options of the default entry that the core refuses, rather than do without. */
const BEYOND = /^(connect|raceDelay|offline|maxBuffered.+|reliable|shouldRetry|signal|pageAware)$/;

const DEFAULTS = {
  reconnection: true,
  reconnectionAttempts: Infinity,
  reconnectionDelay: 1000,
  reconnectionDelayMax: 5000,
  randomizationFactor: 0.5,
  timeout: 20000 as number | boolean,
};

/** Reads an option, or sets it. */
interface Setting<Self, Value> {
  (v: Value): Self;
  (): Value;
  (v?: Value): Self | Value;
}

/** A connection that is restored, without transports of its own. */
export class Manager<
    ListenEvents extends EventsMap = DefaultEventsMap,
    EmitEvents extends EventsMap = ListenEvents,
  >
  extends Emitter<NoEvents, NoEvents, ManagerReservedEvents>
  implements SocketHome
{
  /** The connection; undefined before the first {@link open}. */
  declare engine: Session;
  declare _autoConnect: boolean;
  _readyState: "opening" | "open" | "closed" = "closed";
  _reconnecting = false;
  /** What the next connection is made with; may be changed at any time. */
  declare opts: Partial<ManagerOptions>;
  /** The namespaces. */
  nsps: Record<string, Socket<ListenEvents, EmitEvents>> = {};
  /** Attempts since the connection was lost. */
  attempts = 0;
  /** Whether a lost connection is restored. */
  declare readonly reconnection: Setting<this, boolean>;
  /** How often it is tried. */
  declare readonly reconnectionAttempts: Setting<this, number>;
  /** Milliseconds before the first attempt. */
  declare readonly reconnectionDelay: Setting<this, number>;
  /** Share by which a delay varies. */
  declare readonly randomizationFactor: Setting<this, number>;
  /** Most milliseconds before an attempt. */
  declare readonly reconnectionDelayMax: Setting<this, number>;
  /** Milliseconds until an attempt is given up; false for never. */
  declare readonly timeout: Setting<this, number | boolean>;
  /** @internal */
  declare readonly clock_: Clock;
  declare private readonly uri_: string | undefined;
  /** @internal */
  declare readonly encoder_: Untyped;
  declare private readonly decoder_: Untyped;
  private skipReconnect_ = false;
  declare private timer_: Timer;

  constructor(opts: Partial<ManagerOptions>);
  constructor(uri?: string, opts?: Partial<ManagerOptions>);
  constructor(uri?: string | Partial<ManagerOptions>, opts?: Partial<ManagerOptions>);
  constructor(uri?: string | Partial<ManagerOptions>, opts: Partial<ManagerOptions> = {}) {
    super();
    this.uri_ = typeof uri === "string" ? uri : undefined;
    this.opts = typeof uri === "object" ? uri : opts;
    this.opts.path ||= "/socket.io";
    this.prepare_(this.opts);
    const { parser, autoConnect } = this.opts;
    this.clock_ = clockOf(this.opts);
    this.encoder_ = parser ? new parser.Encoder() : { encode };
    this.decoder_ = parser ? new parser.Decoder() : createDecoder(this.opts.maxAttachments);
    // Listeners of the application must not be taken for a fault of the parser.
    this.decoder_.on("decoded", (packet: Packet) => queueMicrotask(() => this.onpacket_(packet)));
    this._autoConnect = autoConnect !== false;
    if (this._autoConnect) this.open();
  }

  /** @internal Looks at the options of a Manager or Socket. @throws Error ERR_OPTION when one needs more than the core */
  prepare_(opts: object = {}): void {
    for (const name in opts) {
      if (BEYOND.test(name)) throw emitError("ERR_OPTION", `"${name}" is an option of "@sockeye/client"`);
    }
  }

  /** @internal Makes the engine client to use. */
  createEngine_(uri: string | undefined, opts: Partial<ManagerOptions>): Session {
    return new Session(uri, opts);
  }

  /** Opens the connection; calls back when it is open or could not be opened. */
  open(fn?: (err?: Error) => void): this {
    if (this._readyState !== "closed") return this;
    const timeout = this.timeout();
    const engine = this.createEngine_(this.uri_, this.opts);
    const fail = (error: Untyped): void => {
      this.cleanup_();
      this.onerror_(error);
      this._reconnecting = false;
      if (fn) fn(error);
      else this.reconnect_();
    };
    /** Listens as long as the engine is in use; never takes away what applications listen to. */
    const on = (event: string, listener: (...args: Untyped[]) => void): unknown =>
      engine.on(event as "open", (...args: unknown[]) => {
        if (this.engine === engine && this._readyState !== "closed") listener(...args);
      });
    this.skipReconnect_ = false;
    this._readyState = "opening";
    this.engine = engine;
    this.clock_.clearTimeout(this.timer_);
    if (timeout !== false) {
      this.timer_ = this.clock_.setTimeout(() => fail(new Error("timeout")), timeout as number);
    }
    on("open", () => {
      this.onopen_();
      fn?.();
    });
    on("error", (error) => (this._readyState === "opening" ? fail(error) : this.onerror_(error)));
    on("close", (reason, details) =>
      this._readyState === "opening" ? fail(new Error(reason)) : this.onclose_(reason, details),
    );
    on("data", (data) => this.ondata_(data));
    on("ping", () => this.emitReserved("ping"));
    return this;
  }

  /** Same as {@link open}. */
  connect(fn?: (err?: Error) => void): this {
    return this.open(fn);
  }

  private onerror_(error: Error): void {
    for (const socket of this.sockets_()) socket.onerror_(error);
    this.emitReserved("error", error);
  }

  /** @internal Those that connect with the Manager. */
  sockets_(): Socket[] {
    return (Object.values(this.nsps) as Untyped[]).filter((socket: Socket) => socket.active);
  }

  /** @internal */
  onopen_(): void {
    this.clock_.clearTimeout(this.timer_);
    this._readyState = "open";
    this._reconnecting = false;
    this.attempts = 0;
    this.emitReserved("open");
    for (const socket of this.sockets_()) socket.onopen_();
  }

  /** @internal */
  ondata_(data: RawData): void {
    try {
      this.decoder_.add(data);
    } catch (error) {
      this.onclose_("parse error", error as Error);
    }
  }

  private onpacket_(packet: Packet): void {
    const { type, nsp } = packet;
    const socket = this.nsps[nsp];
    this.emitReserved("packet", packet);
    if (socket?.active) socket.onpacket_(packet);
    // Left before the server had answered.
    else if (type === CONNECT && this._readyState === "open") this._packet({ type: DISCONNECT, nsp });
  }

  /** The socket of a namespace, made if there is none. */
  socket(nsp: string, opts?: Partial<SocketOptions>): Socket<ListenEvents, EmitEvents> {
    this.prepare_(opts);
    const socket = this.nsps[nsp] ?? new Socket(this, nsp, opts);
    if (this._autoConnect && !socket.active) socket.connect();
    return socket;
  }

  /** @internal A socket has left: the last one closes the connection. */
  _destroy(_socket: unknown): void {
    if (!this.sockets_().length) this.close();
  }

  /** Sends a packet. @throws what the encoder throws */
  _packet(packet: OutgoingPacket): void {
    this.write_(this.encoder_.encode(packet), packet.options);
  }

  /** @internal */
  write_(messages: RawData[], options: WriteOptions | undefined): void {
    for (const message of messages) this.engine.write(message, options);
  }

  /** @internal */
  cleanup_(): void {
    this.clock_.clearTimeout(this.timer_);
    this._readyState = "closed";
    this.engine?.close();
    this.decoder_.destroy();
  }

  /** Closes the connection under all namespaces, and does not restore it. */
  close(): void {
    this.skipReconnect_ = true;
    this._reconnecting = false;
    this.onclose_("forced close");
  }

  /** Same as {@link close}. */
  _close(): void {
    this.close();
  }

  /** Same as {@link close}. */
  disconnect(): void {
    this.close();
  }

  /** @internal */
  onclose_(reason: string, description?: DisconnectDescription): void {
    this.cleanup_();
    this.attempts = 0;
    this.emitReserved("close", reason, description);
    for (const socket of this.sockets_()) socket.onclose_(reason, description);
    this.reconnect_();
  }

  /** @internal Milliseconds before an attempt, of which the first is 0. */
  delay_(attempt: number): number {
    return backoff(
      attempt,
      this.reconnectionDelay(),
      this.reconnectionDelayMax(),
      this.randomizationFactor(),
    );
  }

  /** @internal Milliseconds before the next attempt, which it counts. */
  wait_(): number {
    return this.delay_(this.attempts++);
  }

  private isUnwanted_(): boolean {
    return this.skipReconnect_ || !this.reconnection();
  }

  /** @internal Has the connection restored, unless a listener has opened it already. */
  reconnect_(): void {
    if (this._readyState !== "closed" || this._reconnecting || this.isUnwanted_()) return;
    if (this.attempts >= this.reconnectionAttempts()) {
      this.attempts = 0;
      this.emitReserved("reconnect_failed");
    } else {
      this._reconnecting = true;
      this.timer_ = this.clock_.setTimeout(() => this.attempt_(), this.wait_());
    }
  }

  /** @internal */
  attempt_(): void {
    const { attempts } = this;
    this.emitReserved("reconnect_attempt", attempts);
    // A listener may have closed the connection.
    if (this.isUnwanted_()) this._reconnecting = false;
    else {
      this.open((error) => {
        if (error) {
          this.reconnect_();
          this.emitReserved("reconnect_error", error);
        } else this.emitReserved("reconnect", attempts);
      });
    }
  }
}

// Each option's method.
for (const [name, value] of Object.entries(DEFAULTS)) {
  Object.assign(Manager.prototype, {
    [name](this: Manager, ...values: unknown[]): unknown {
      const opts: Record<string, unknown> = this.opts;
      if (!values.length) return opts[name] ?? value;
      opts[name] = values[0];
      return this;
    },
  });
}
