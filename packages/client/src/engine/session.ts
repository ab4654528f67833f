/** One Engine.IO session: opened on one transport, perhaps moved to another, kept alive, closed. */
import type { Clock, Timer, Untyped } from "@sockeye/core";
import { Emitter, type NoEvents } from "../emitter.ts";
import { decodeQuery, locate, pageUrl } from "../url.ts";
import { byteLength, type EnginePacket, type RawData, type WriteOptions } from "../wire/engine.ts";
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
import { probe } from "./upgrade.ts";

/** Transport classes by name. */
export type Transports = Record<string, TransportCtor>;

/** A timer that fires this much too late, in milliseconds, slept: what came meanwhile must be read first. */
const GRACE = 1000;

/** Where to connect to, and with what: the options completed from the uri and the page. */
function complete(uri: string, opts: EngineOptions): EngineOptions {
  const { host, hostname, port, secure, path = "/engine.io", addTrailingSlash, query } = opts;
  // An IPv6 address may come without its brackets.
  const name = hostname?.replace(/^[^[]*:.*$/, "[$&]");
  const { url } = locate(uri || host || name, pageUrl() ?? "http://localhost");
  return {
    ...opts,
    secure: (uri ? undefined : secure) ?? /^(https|wss):/.test(url.protocol),
    hostname: url.hostname,
    port: (uri && url.port) || port || url.port,
    path: path.replace(/\/$/, "") + (addTrailingSlash === false ? "" : "/"),
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
  readonly opts: EngineOptions;
  /** Names of the transports that may be used. */
  readonly transports: TransportName[];
  /** True while an upgrade has been agreed on and the old transport is coming to rest. */
  upgrading = false;
  /** Longest body that the server takes, in bytes; undefined when it did not tell. */
  declare maxPayload: number | undefined;
  /** @internal */
  readonly clock_: Clock;
  private readonly ctors_: Transports;
  /** Transports that have not been tried yet, and those of which the first to open is used. */
  private untried_: TransportName[];
  private racers_: Transport[] = [];
  private flushed_ = 0;
  private patience_ = 0;
  private deadline_ = Infinity;
  private timer_: Timer;

  constructor(uri?: string | EngineOptions, opts: EngineOptions = {}, registry: Transports = {}) {
    super();
    const given = typeof uri === "object" ? uri : opts;
    const { transportImplementations, transports = Object.keys(registry) } = given;
    this.opts = complete(typeof uri === "string" ? uri : "", given);
    this.clock_ = clockOf(given);
    this.ctors_ = { ...registry };
    this.transports = (transportImplementations ?? transports).map((item) => {
      if (typeof item === "string") return item;
      const { name } = item.prototype;
      this.ctors_[name] = item;
      return name;
    });
    const first =
      given.connect || (given.rememberUpgrade && Session.priorWebsocketSuccess) ? "websocket" : "";
    // A sort is stable: the others stay in their order.
    this.untried_ = [...this.transports].sort((a, b) => +(b === first) - +(a === first));
    if (given.connect) this.timer_ = this.clock_.setTimeout(() => this.tryNext_(), given.raceDelay ?? 300);
    if (this.untried_.length) this.tryNext_();
    else this.clock_.setTimeout(() => this.emitReserved("error", "No transports available"), 0);
  }

  private tryNext_(): void {
    const name = this.untried_.shift();
    if (!name) return;
    const transport = this.createTransport(name);
    this.racers_.push(transport);
    this.setTransport(transport);
    transport.open();
  }

  /** @internal */
  toBinary_(data: ArrayBuffer): RawData {
    return this.binaryType === "blob" ? new Blob([data]) : data;
  }

  /** Makes a transport of this session. @throws Error when there is none of this name */
  createTransport(name: string): Transport {
    const { opts, id: sid } = this;
    const Class: Untyped = this.ctors_[name];
    if (!Class) throw new Error(`unknown transport "${name}"`);
    return new Class({
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

  private onPacket_(packet: EnginePacket, transport: Transport): void {
    const { type, data } = packet;
    if (type === "open") this.choose_(transport);
    this.emitReserved("packet", packet);
    this.emitReserved("heartbeat");
    if (type === "message") {
      this.emitReserved("data", data);
      this.emitReserved("message", data);
    } else if (type === "ping") {
      this.sendPacket_("pong");
      this.emitReserved("ping");
      this.emitReserved("pong");
      this.watch_();
    } else if (type === "open") this.onHandshake(JSON.parse(data));
    else if (type === "error") {
      this.onError_(Object.assign(new Error("server error"), { code: data }), transport);
    }
  }

  /** Closes the transports that were too slow. */
  private choose_(transport?: Transport): void {
    this.clock_.clearTimeout(this.timer_);
    for (const racer of this.racers_) if (racer !== transport) racer.off().close();
    this.racers_ = [];
    if (transport) this.transport = transport;
  }

  protected onHandshake(data: HandshakeData): void {
    const { sid, upgrades, pingInterval, pingTimeout, maxPayload } = data;
    const { transports, transport, opts } = this;
    this.emitReserved("handshake", data);
    this.id = transport.query.sid = sid;
    this.maxPayload = maxPayload;
    this.patience_ = pingInterval + pingTimeout;
    this.readyState = "open";
    Session.priorWebsocketSuccess = transport.name === "websocket";
    this.watch_();
    this.emitReserved("open");
    this.flush();
    const names = opts.upgrade === false ? [] : upgrades.filter((name) => transports.includes(name));
    for (const name of names) {
      // WebTransport, where both are on offer, gets a head start.
      const wait = name === "websocket" && names.includes("webtransport");
      if (wait) this.clock_.setTimeout(() => probe(this, name), 200);
      else probe(this, name);
    }
  }

  /** Expects the next ping within the time that the server announced. */
  private watch_(): void {
    this.deadline_ = this.clock_.now() + this.patience_;
    this.arm_(this.patience_);
  }

  private arm_(ms: number): void {
    const { clock_: clock } = this;
    clock.clearTimeout(this.timer_);
    this.timer_ = clock.setTimeout(() => {
      // The page or the machine slept: pings that came meanwhile are still to be read.
      if (ms > GRACE && clock.now() > this.deadline_ + GRACE) this.arm_(GRACE);
      else this.lose_();
    }, ms);
  }

  /** @internal Gives the connection up as lost. */
  lose_(reason = "ping timeout", details?: CloseDetails): void {
    this.onClose_(reason, details);
  }

  /** @internal The page may have lost its network, or is being left. */
  onpage_(type: string): void {
    if (type === "offline") this.lose_("transport close", { description: "network connection lost" });
    // Silently: nobody is there to hear of it.
    if (type === "beforeunload" && this.opts.closeOnBeforeunload) this.transport.off().close();
  }

  /**
   * Whether the server's ping is overdue although nobody was told yet, as after sleep. If so, and nothing comes
   * at once, the connection closes.
   */
  _hasPingExpired(): boolean {
    const expired = this.clock_.now() > this.deadline_;
    if (expired) this.arm_(GRACE);
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
    const { transport } = this;
    if (!transport.writable || this.upgrading || this.flushed_ || !this.writeBuffer.length) return;
    const packets = this.fitting_();
    this.flushed_ = packets.length;
    transport.send(packets);
    this.emitReserved("flush");
  }

  /** As many packets as fit into one request. */
  private fitting_(): EnginePacket[] {
    const { writeBuffer, maxPayload = 0, transport } = this;
    if (transport.name !== "polling" || !maxPayload) return [...writeBuffer];
    let size = -1;
    const end = writeBuffer.findIndex(({ data }, at) => {
      size += 2 + byteLength(data, true);
      return at && size > maxPayload;
    });
    return writeBuffer.slice(0, end < 0 ? undefined : end);
  }

  /** Bytes that were written and have not left yet, as far as the platform tells. */
  get bufferedAmount(): number {
    return this.writeBuffer.reduce(
      (sum, { data }) => sum + byteLength(data),
      this.transport.bufferedAmount ?? 0,
    );
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
    const packet: EnginePacket = { type, data, options: { compress: options?.compress !== false } };
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
    const close = (): unknown =>
      this.upgrading
        ? this.once("upgrade", close).once("upgradeError", close)
        : this.writeBuffer.length
          ? this.once("drain", close)
          : this.onClose_("forced close");
    if (this.isLive_()) {
      this.readyState = "closing";
      close();
    }
    return this;
  }

  private onError_(error: Error, transport: Transport): void {
    const { opts, racers_: racers } = this;
    Session.priorWebsocketSuccess = false;
    const at = racers.indexOf(transport);
    if (at >= 0 && (opts.tryAllTransports || opts.connect) && racers.length + this.untried_.length > 1) {
      racers.splice(at, 1);
      transport.off().close();
      if (!racers.length) this.tryNext_();
    } else {
      this.emitReserved("error", error);
      this.onClose_("transport error", error);
    }
  }

  private onClose_(reason: string, details?: CloseDetails | Error): void {
    if (this.readyState === "closed") return;
    this.readyState = "closed";
    this.choose_();
    this.transport.off().close();
    this.id = undefined as Untyped;
    this.emitReserved("close", reason, details);
    this.writeBuffer = [];
  }
}
