/** One Engine.IO session: opened on one transport, perhaps moved to another, kept alive, closed. */
import type { Clock, Timer, Untyped } from "@sockeye/core";
import { Emitter, type NoEvents } from "../emitter.ts";
import { decodeQuery, locate, pageUrl } from "../url.ts";
import type { EnginePacket, RawData, WriteOptions } from "../wire/engine.ts";
import { clockOf } from "./clock.ts";
import type { EngineEvents } from "./events.ts";
import type {
  BinaryType,
  CloseDetails,
  EngineOptions,
  HandshakeData,
  TransportCtor,
  TransportName,
} from "./options.ts";
import type { Transport, TransportHome } from "./transport.ts";

/** Transport classes by name. */
export type Transports = Record<string, TransportCtor>;

const page = globalThis as unknown as Partial<
  Record<"addEventListener" | "removeEventListener", (type: string, listener: (event: Event) => void) => void>
>;

/** Puts WebSocket before all others. A sort is stable: those stay in their order. */
export const byPreference = (a: string, b: string): number => +(b === "websocket") - +(a === "websocket");

/** Where to connect to, and with what: the options completed from the uri and the page. */
function complete(uri: string | undefined, opts: EngineOptions): EngineOptions {
  const { path = "/engine.io", query } = opts;
  // An IPv6 address may come without its brackets.
  const name = opts.hostname?.replace(/^[^[]*:.*$/, "[$&]");
  const { url } = locate(uri || opts.host || name, pageUrl() ?? "http://localhost");
  return {
    ...opts,
    // Of https: and wss:.
    secure: (uri ? undefined : opts.secure) ?? /[ps]s:$/.test(url.protocol),
    hostname: url.hostname,
    port: (uri && url.port) || opts.port || url.port,
    path: path.replace(/\/$/, "") + (opts.addTrailingSlash === false ? "" : "/"),
    // What is given, perhaps since the last connection, is newer than what the uri says.
    query: { ...decodeQuery(url.search), ...(typeof query === "string" ? decodeQuery(query) : query) },
  };
}

/** A connection to an Engine.IO server, without transports of its own. */
export class Session extends Emitter<NoEvents, NoEvents, EngineEvents> implements TransportHome {
  /** Whether the last connection used WebSocket; see the option `rememberUpgrade`. */
  static priorWebsocketSuccess = false;
  /** Revision of the Engine.IO protocol. */
  static protocol = 4;

  /** Given by the server; only while the connection is open. */
  declare id: string;
  declare transport: Transport;
  /** How binary data is handed over. Default "arraybuffer", in Node.js "nodebuffer". */
  binaryType: BinaryType = "arraybuffer";
  readyState: "opening" | "open" | "closing" | "closed" = "opening";
  /** Packets that the transport has not taken yet. */
  writeBuffer: EnginePacket[] = [];
  declare readonly opts: EngineOptions;
  /** Names of the transports that may be used. */
  declare readonly transports: TransportName[];
  /** True while an upgrade has been agreed on and the old transport is coming to rest. */
  upgrading = false;
  /** Longest body that the server takes, in bytes; undefined when it did not tell. */
  declare maxPayload: number | undefined;
  /** @internal */
  declare readonly clock_: Clock;
  /** @internal Transports that have not been tried yet. */
  declare untried_: TransportName[];
  /** @internal Transports that are tried beside the one in use, or to find the first. */
  candidates_: Transport[] = [];
  private readonly ctors_: Record<string, TransportCtor | undefined> = {};
  private flushed_ = 0;
  declare private patience_: number;
  /** @internal When the next ping is overdue. */
  deadline_: number = Infinity;
  /** @internal */
  declare timer_: Timer;

  constructor(uri?: string, opts: EngineOptions = {}, registry: Transports = {}) {
    super();
    const { transportImplementations, transports = Object.keys(registry) } = opts;
    this.opts = complete(uri, opts);
    this.clock_ = clockOf(opts);
    for (const item of transportImplementations ?? transports) {
      const Class = typeof item === "string" ? registry[item] : item;
      if (Class) this.ctors_[Class.prototype.name] = Class;
    }
    this.transports = Object.keys(this.ctors_);
    this.untried_ = [...this.transports];
    if (opts.rememberUpgrade && Session.priorWebsocketSuccess) this.untried_.sort(byPreference);
    page.addEventListener?.("offline", this.onpage_);
    page.addEventListener?.("beforeunload", this.onpage_);
    if (this.untried_.length) this.open_();
    else this.clock_.setTimeout(() => this.emitReserved("error", "No transports available"), 0);
  }

  /** @internal Opens the next transport. */
  open_(): void {
    const transport = this.createTransport(this.untried_.shift() as string);
    this.setTransport(transport);
    transport.open();
  }

  /** @internal */
  toBinary_(data: ArrayBuffer): RawData {
    return this.binaryType === "blob" ? new Blob([data]) : data;
  }

  /** Makes a transport of this session. */
  createTransport(name: string): Transport {
    const { opts, id: sid } = this;
    return new (this.ctors_[name] as Untyped)({
      ...opts,
      query: { ...opts.query, EIO: Session.protocol, transport: name, ...(sid && { sid }) },
      socket: this,
      ...opts.transportOptions?.[name],
    });
  }

  /** Takes over a transport. */
  setTransport(transport: Transport): void {
    this.transport = transport;
    transport
      .on("drain", () => this.onDrain_())
      .on("packet", (packet) => this.onPacket_(packet, transport))
      .on("error", (error) => this.onError_(error, transport))
      .on("close", (details) => this.onClose_("transport close", details));
  }

  /** @internal */
  onPacket_(packet: EnginePacket, transport: Transport): void {
    const { type, data } = packet;
    this.emitReserved("packet", packet);
    this.emitReserved("heartbeat");
    if (type === "open") this.onHandshake(JSON.parse(data));
    if (type === "message") {
      this.emitReserved("data", data);
      this.emitReserved("message", data);
    }
    if (type === "ping") {
      this.sendPacket_("pong");
      this.emitReserved("ping");
      this.emitReserved("pong");
      this.watch_();
    }
    if (type === "error") {
      this.onError_(Object.assign(new Error("server error"), { code: data }), transport);
    }
  }

  protected onHandshake(data: HandshakeData): void {
    const { transport } = this;
    this.emitReserved("handshake", data);
    this.id = transport.query.sid = data.sid;
    this.maxPayload = data.maxPayload;
    this.patience_ = data.pingInterval + data.pingTimeout;
    this.readyState = "open";
    Session.priorWebsocketSuccess = transport.name === "websocket";
    this.watch_();
    this.emitReserved("open");
    this.flush();
    if (this.opts.upgrade !== false) transport.upgrade_(this, data.upgrades);
  }

  /** @internal Expects the next ping within the time that the server announced. */
  watch_(): void {
    this.deadline_ = this.clock_.now() + this.patience_;
    this.clock_.clearTimeout(this.timer_);
    this.timer_ = this.clock_.setTimeout(() => this.expire_(), this.patience_);
  }

  /** @internal No ping came in time. */
  expire_(): void {
    this.onClose_("ping timeout");
  }

  /** The page has lost its network, or is being left. */
  private readonly onpage_ = ({ type }: Event): void => {
    if (type === "offline") this.onClose_("transport close", { description: "network connection lost" });
    // Silently: nobody is there to hear of it.
    else if (this.opts.closeOnBeforeunload) this.transport.off().close();
  };

  /** Whether the server's ping is overdue although nobody was told yet, as after sleep; if so, the connection closes. */
  _hasPingExpired(): boolean {
    const expired = this.clock_.now() > this.deadline_;
    if (expired) this.clock_.setTimeout(() => this.expire_(), 0);
    return expired;
  }

  private onDrain_(): void {
    this.writeBuffer.splice(0, this.flushed_);
    this.flushed_ = 0;
    if (this.writeBuffer.length) this.flush();
    else this.emitReserved("drain");
  }

  /** Hands waiting packets to the transport, if it can take them. */
  flush(): void {
    const { transport, writeBuffer } = this;
    if (!transport.writable || this.upgrading || this.flushed_ || !writeBuffer.length) return;
    const packets = transport.fitting_(writeBuffer, this.maxPayload);
    this.flushed_ = packets.length;
    transport.send(packets);
    this.emitReserved("flush");
  }

  /** Sends a message. */
  write(msg: RawData, options?: WriteOptions | null, fn?: () => void): this {
    this.sendPacket_("message", msg, options, fn);
    return this;
  }

  /** Sends a message. */
  send(msg: RawData, options?: WriteOptions | null, fn?: () => void): this {
    return this.write(msg, options, fn);
  }

  private sendPacket_(
    type: EnginePacket["type"],
    data?: RawData,
    options?: WriteOptions | null,
    fn?: () => void,
  ): void {
    if (!this.isLive_()) return;
    const packet: EnginePacket = { type, data, options: options ?? {} };
    this.emitReserved("packetCreate", packet);
    this.writeBuffer.push(packet);
    if (fn) this.once("flush", fn);
    this.flush();
  }

  private isLive_(): boolean {
    return this.readyState.startsWith("open");
  }

  /** Closes the connection, once what was written has left and an upgrade under way has ended. */
  close(): this {
    const close = (): void => {
      if (this.upgrading) this.once("upgrade", close).once("upgradeError", close);
      else if (this.writeBuffer.length) this.once("drain", close);
      else this.onClose_("forced close");
    };
    if (this.isLive_()) {
      this.readyState = "closing";
      close();
    }
    return this;
  }

  /** @internal */
  onError_(error: Error, transport: Transport): void {
    Session.priorWebsocketSuccess = false;
    if (this.readyState === "opening" && this.opts.tryAllTransports && this.untried_.length) {
      transport.off().close();
      this.open_();
    } else {
      this.emitReserved("error", error);
      this.onClose_("transport error", error);
    }
  }

  /** @internal Closes the candidates but this one. */
  choose_(kept?: Transport): void {
    for (const other of this.candidates_) if (other !== kept) other.off().close();
    this.candidates_ = kept ? [kept] : [];
  }

  /** @internal */
  onClose_(reason: string, details?: CloseDetails | Error): void {
    if (this.readyState === "closed") return;
    this.readyState = "closed";
    this.clock_.clearTimeout(this.timer_);
    page.removeEventListener?.("offline", this.onpage_);
    page.removeEventListener?.("beforeunload", this.onpage_);
    this.choose_();
    this.transport.off().close();
    this.id = undefined as Untyped;
    this.emitReserved("close", reason, details);
    this.writeBuffer = [];
  }
}
