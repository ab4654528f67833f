/** One connection and all namespaces over it: opened, lost, restored. */
import type { Clock, DefaultEventsMap, EventsMap, Timer, Untyped } from "@sockeye/core";
import type { Packet } from "@sockeye/protocol";
import { Emitter, type NoEvents } from "./emitter.ts";
import { clockOf } from "./engine/clock.ts";
import { Session } from "./engine/session.ts";
import { type EmitError, emitError } from "./errors.ts";
import type { DisconnectDescription, ManagerOptions, SocketOptions } from "./options.ts";
import { isVisible, watchPage } from "./page.ts";
import { backoff } from "./reconnector.ts";
import { type OutgoingPacket, Socket, type SocketHome } from "./socket.ts";
import { byteLength, type RawData } from "./wire/engine.ts";
import { CONNECT, Decoder, DISCONNECT, encode } from "./wire/socket.ts";

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
  /** An event without an error-first acknowledgement could not be sent. */
  emit_error: (err: EmitError, event: string, args: Untyped[]) => void;
  /** Something that {@link observe} shows may have changed. */
  change: () => void;
}

/** Nobody's namespace: every server answers a request for it, and so proves that the connection is alive. */
const PROBE = "/sockeye-probe";

/** How long the answer to a probe may take, in milliseconds. */
const PROBE_TIMEOUT = 5000;

/** Close code of a server that restarts. RFC 6455, registered close codes. */
const SERVICE_RESTART = 1012;

const DEFAULTS = {
  reconnection: true,
  reconnectionAttempts: Infinity,
  reconnectionDelay: 1000,
  reconnectionDelayMax: 5000,
  randomizationFactor: 0.5,
  timeout: 20000 as number | boolean,
};

type Setting = keyof typeof DEFAULTS;

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
  _autoConnect: boolean;
  _readyState: "opening" | "open" | "closed" = "closed";
  _reconnecting = false;
  /** What the next connection is made with; may be changed at any time. */
  opts: Partial<ManagerOptions>;
  /** The namespaces. */
  nsps: Record<string, Socket<ListenEvents, EmitEvents>> = {};
  /** Attempts since the connection was lost. */
  attempts = 0;
  /** When the next attempt is due, as `Date.now()` tells time; undefined while none is awaited. */
  nextAttemptAt: number | undefined;
  /** @internal */
  readonly clock_: Clock;
  private readonly uri_: string | undefined;
  private readonly encoder_: Untyped;
  private readonly decoder_: Untyped;
  private skipReconnect_ = false;
  private timer_: Timer;
  private probe_: Timer;

  constructor(opts: Partial<ManagerOptions>);
  constructor(uri?: string, opts?: Partial<ManagerOptions>);
  constructor(uri?: string | Partial<ManagerOptions>, opts?: Partial<ManagerOptions>);
  constructor(uri?: string | Partial<ManagerOptions>, opts: Partial<ManagerOptions> = {}) {
    super();
    this.uri_ = typeof uri === "string" ? uri : undefined;
    this.opts = typeof uri === "object" ? uri : opts;
    this.opts.path ||= "/socket.io";
    const { parser, signal, maxAttachments, autoConnect } = this.opts;
    this.clock_ = clockOf(this.opts);
    this.encoder_ = parser ? new parser.Encoder() : { encode };
    this.decoder_ = parser ? new parser.Decoder() : new Decoder(maxAttachments);
    // Listeners of the application must not be taken for a fault of the parser.
    this.decoder_.on("decoded", (packet: Packet) => queueMicrotask(() => this.onpacket_(packet)));
    this._autoConnect = autoConnect !== false;
    signal?.addEventListener("abort", () => this.close());
    if (this._autoConnect) this.open();
  }

  /** @internal Makes the engine client to use. */
  createEngine_(uri: string | undefined, opts: Partial<ManagerOptions>): Session {
    return new Session(uri, opts);
  }

  private setting_<Name extends Setting>(name: Name, values: unknown[]): Untyped {
    if (!values.length) return this.opts[name] ?? DEFAULTS[name];
    Object.assign(this.opts, { [name]: values[0] });
    return this;
  }

  /** Whether a lost connection is restored. */
  reconnection(v: boolean): this;
  reconnection(): boolean;
  reconnection(v?: boolean): this | boolean;
  reconnection(...v: boolean[]): this | boolean {
    if (v[0] === false) this.skipReconnect_ = true;
    return this.setting_("reconnection", v);
  }

  /** How often it is tried. */
  reconnectionAttempts(v: number): this;
  reconnectionAttempts(): number;
  reconnectionAttempts(v?: number): this | number;
  reconnectionAttempts(...v: number[]): this | number {
    return this.setting_("reconnectionAttempts", v);
  }

  /** Milliseconds before the first attempt. */
  reconnectionDelay(v: number): this;
  reconnectionDelay(): number;
  reconnectionDelay(v?: number): this | number;
  reconnectionDelay(...v: number[]): this | number {
    return this.setting_("reconnectionDelay", v);
  }

  /** Share by which a delay varies. */
  randomizationFactor(v: number): this;
  randomizationFactor(): number;
  randomizationFactor(v?: number): this | number;
  randomizationFactor(...v: number[]): this | number {
    return this.setting_("randomizationFactor", v);
  }

  /** Most milliseconds before an attempt. */
  reconnectionDelayMax(v: number): this;
  reconnectionDelayMax(): number;
  reconnectionDelayMax(v?: number): this | number;
  reconnectionDelayMax(...v: number[]): this | number {
    return this.setting_("reconnectionDelayMax", v);
  }

  /** Milliseconds until an attempt is given up; false for never. */
  timeout(v: number | boolean): this;
  timeout(): number | boolean;
  timeout(v?: number | boolean): this | number | boolean;
  timeout(...v: (number | boolean)[]): this | number | boolean {
    return this.setting_("timeout", v);
  }

  /** @internal */
  changed_(): void {
    this.emitReserved("change");
  }

  /** @internal */
  delay_(attempt: number): number {
    return backoff(attempt, { ...DEFAULTS, ...this.opts });
  }

  /** Opens the connection; calls back when it is open or could not be opened. */
  open(fn?: (err?: Error) => void): this {
    const { opts, clock_: clock } = this;
    if (this._readyState !== "closed" || opts.signal?.aborted) return this;
    this.skipReconnect_ = false;
    this._readyState = "opening";
    const engine = this.createEngine_(this.uri_, opts);
    const timeout = this.timeout();
    this.engine = engine;
    const fail = (error: Untyped): void => {
      this.cleanup_();
      this._readyState = "closed";
      this.onerror_(error);
      if (fn) fn(error);
      // Not within an attempt to restore the connection, which counts for itself.
      else if (!this.attempts) this.reconnect_();
      this.changed_();
    };
    if (timeout !== false) {
      this.timer_ = clock.setTimeout(() => fail(new Error("timeout")), timeout as number);
    }
    engine.on("error", fail).on("open", () => {
      this.onopen_();
      fn?.();
      this.changed_();
    });
    // Once, however often the connection is opened.
    watchPage("removeEventListener", this.onpage_);
    watchPage("addEventListener", this.onpage_);
    this.changed_();
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

  private sockets_(): Socket[] {
    return (Object.values(this.nsps) as Untyped[]).filter((socket: Socket) => socket.active);
  }

  private onopen_(): void {
    this.clock_.clearTimeout(this.timer_);
    this._readyState = "open";
    this.engine
      .off()
      .on("ping", () => {
        this.emitReserved("ping");
        // Emitted when the connection seemed to be lost, which it was not.
        for (const socket of this.sockets_()) socket.flush_();
      })
      .on("data", (data) => this.ondata_(data))
      .on("error", (error) => this.onerror_(error as Error))
      .on("upgrade", () => this.changed_())
      .on("close", (reason, details) => this.onclose_(reason, details));
    this.emitReserved("open");
    for (const socket of this.sockets_()) socket.onopen_();
  }

  private ondata_(data: RawData): void {
    this.clock_.clearTimeout(this.probe_);
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
    let socket = this.nsps[nsp];
    if (!socket) {
      socket = new Socket(this, nsp, opts);
      this.nsps[nsp] = socket;
    } else if (this._autoConnect) socket.connect();
    return socket;
  }

  /** @internal A socket has left: the last one closes the connection. */
  _destroy(_socket: unknown): void {
    if (!this.sockets_().length) this.close();
  }

  /** @internal */
  sizeOf_(packet: OutgoingPacket): number {
    return this.encoder_.encode(packet).reduce((sum: number, part: RawData) => sum + byteLength(part), 0);
  }

  /** Sends a packet. @throws EmitError ERR_PAYLOAD_TOO_LARGE; what the encoder throws */
  _packet(packet: OutgoingPacket): void {
    const { engine } = this;
    const { maxPayload = Infinity } = engine;
    const messages: RawData[] = this.encoder_.encode(packet);
    const polling = engine.transport.name === "polling";
    for (const message of messages) {
      // No text has more bytes than three for each of its units.
      if (message.length * 3 < maxPayload) continue;
      // Of Engine.IO's type digit, or the letter before base64.
      const type = polling || typeof message === "string" ? 1 : 0;
      const size = byteLength(message, polling) + type;
      if (size > maxPayload) {
        throw emitError("ERR_PAYLOAD_TOO_LARGE", `${size} bytes, the server takes ${maxPayload}`, {
          size,
          maxPayload,
        });
      }
    }
    for (const message of messages) engine.write(message, packet.options);
  }

  private cleanup_(): void {
    this.clock_.clearTimeout(this.timer_);
    this.clock_.clearTimeout(this.probe_);
    this.engine?.off().close();
    this.decoder_.destroy();
  }

  /** Closes the connection under all namespaces, and does not restore it. */
  close(): void {
    this.skipReconnect_ = true;
    this._reconnecting = false;
    this.onclose_("forced close");
    watchPage("removeEventListener", this.onpage_);
  }

  /** Same as {@link close}. */
  _close(): void {
    this.close();
  }

  /** Same as {@link close}. */
  disconnect(): void {
    this.close();
  }

  private onclose_(reason: string, description?: DisconnectDescription): void {
    this.cleanup_();
    this.attempts = 0;
    this.nextAttemptAt = undefined;
    this._readyState = "closed";
    this.emitReserved("close", reason, description);
    for (const socket of this.sockets_()) socket.onclose_(reason, description);
    this.reconnect_((description as Untyped)?.context?.code === SERVICE_RESTART);
    this.changed_();
  }

  /** @param atOnce the server goes, and has asked its clients one after the other to come back elsewhere */
  private reconnect_(atOnce = false): void {
    if (this._reconnecting || this.skipReconnect_ || !this.reconnection()) return;
    if (this.attempts >= this.reconnectionAttempts()) {
      this.attempts = 0;
      this.emitReserved("reconnect_failed");
    } else {
      const delay = atOnce ? 0 : this.delay_(this.attempts);
      this.attempts++;
      this._reconnecting = true;
      this.nextAttemptAt = Date.now() + delay;
      this.timer_ = this.clock_.setTimeout(() => this.attempt_(), delay);
    }
  }

  private attempt_(): void {
    const { attempts } = this;
    this.clock_.clearTimeout(this.timer_);
    this.nextAttemptAt = undefined;
    this.emitReserved("reconnect_attempt", attempts);
    // A listener may have closed the connection.
    if (this.skipReconnect_) return;
    this.open((error) => {
      this._reconnecting = false;
      if (error) {
        this.reconnect_();
        this.emitReserved("reconnect_error", error);
      } else {
        this.attempts = 0;
        this.emitReserved("reconnect", attempts);
      }
    });
  }

  /** The page has news of the network, or is looked at again: no waiting for a timer. */
  private onpage_ = ({ type }: Event): void => {
    const { engine, opts, clock_: clock } = this;
    this.changed_();
    engine.onpage_(type);
    if (/^(off|bef)/.test(type) || opts.pageAware === false || !isVisible()) return;
    if (this._readyState === "open") {
      this._packet({ type: CONNECT, nsp: PROBE });
      clock.clearTimeout(this.probe_);
      this.probe_ = clock.setTimeout(() => engine.lose_(), PROBE_TIMEOUT);
      // A "change" tells of a better or worse network every few seconds: no reason to hurry.
    } else if (this.nextAttemptAt && type !== "change") this.attempt_();
  };
}
