/** One Engine.IO session: opened on one transport, perhaps moved to another, kept alive, closed. */
import type { Clock, Timer, Untyped } from "@sockeye/core";
import { Emitter, type NoEvents } from "../emitter.ts";
import { decodeQuery, parse } from "../url.ts";
import { byteLength, type EnginePacket, type RawData, type WriteOptions } from "../wire/engine.ts";
import { clockOf } from "./clock.ts";
import type {
  BinaryType,
  CloseDetails,
  EngineEvents,
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
  readyState: "opening" | "open" | "closing" | "closed" = "closed";
  /** Packets that the transport has not taken yet. */
  writeBuffer: EnginePacket[] = [];
  readonly opts: EngineOptions;
  /** Names of the transports that may be used. */
  readonly transports: TransportName[];
  /** True while an upgrade has been agreed on and the old transport is coming to rest. */
  upgrading = false;
  /** @internal */
  readonly clock_: Clock;
  /** Longest body that the server takes, in bytes; undefined when it did not tell. */
  maxPayload: number | undefined;
  private readonly ctors_: Transports;
  private flushed_ = 0;
  private patience_ = 0;
  private deadline_ = 0;
  private timer_: Timer;
  private raceTimer_: Timer;
  private rival_: Transport | undefined;

  constructor(uri: string | EngineOptions = {}, opts: EngineOptions = {}, registry: Transports = {}) {
    super();
    const text = typeof uri === "string" ? uri : undefined;
    const given = typeof uri === "string" ? opts : uri;
    this.opts = { ...given, ...this.address_(text, given) };
    this.clock_ = clockOf(given);
    const chosen = given.transportImplementations ?? given.transports ?? Object.keys(registry);
    this.ctors_ = { ...registry };
    this.transports = chosen.map((item) => {
      const name = typeof item === "string" ? item : (item.prototype as Transport).name;
      if (typeof item !== "string") this.ctors_[name] = item;
      if (!this.ctors_[name]) throw new Error(`unknown transport "${name}"`);
      return name;
    });
    this.listen_("addEventListener");
    this.open_();
  }

  private address_(uri: string | undefined, opts: EngineOptions): EngineOptions {
    const { location } = globalThis as { location?: Location };
    const parsed = parse(uri ?? opts.host ?? "");
    const given = uri ?? opts.host;
    const secure =
      given && parsed.protocol
        ? /s$/.test(parsed.protocol)
        : (opts.secure ?? location?.protocol === "https:");
    const { query = {} } = opts;
    return {
      secure,
      hostname: parsed.host || opts.hostname || location?.hostname || "localhost",
      port:
        parsed.port || opts.port || (given || opts.hostname ? "" : location?.port) || (secure ? "443" : "80"),
      path: (opts.path ?? "/engine.io").replace(/\/$/, "") + (opts.addTrailingSlash === false ? "" : "/"),
      // What is given, perhaps since the last connection, is newer than what the uri says.
      query: { ...decodeQuery(parsed.query), ...(typeof query === "string" ? decodeQuery(query) : query) },
    };
  }

  /** @internal */
  toBinary_(data: ArrayBuffer): RawData {
    return this.binaryType === "blob" ? new Blob([data]) : data;
  }

  /** Makes a transport of this session. */
  createTransport(name: string): Transport {
    const { opts } = this;
    const query: Record<string, unknown> = { ...opts.query, EIO: Session.protocol, transport: name };
    if (this.id) query.sid = this.id;
    return new (this.ctors_[name] as TransportCtor)({
      ...opts,
      query,
      socket: this,
      ...opts.transportOptions?.[name],
    });
  }

  private open_(): void {
    const { opts, transports } = this;
    const has = (name: string): boolean => transports.includes(name);
    this.readyState = "opening";
    const race = opts.connect === "race" && has("websocket") && has("polling");
    const name =
      race || (opts.rememberUpgrade && Session.priorWebsocketSuccess && has("websocket"))
        ? "websocket"
        : transports[0];
    if (!name) {
      this.clock_.setTimeout(() => this.emitReserved("error", "No transports available"), 0);
      return;
    }
    const transport = this.createTransport(name);
    this.setTransport(transport);
    if (race) this.raceTimer_ = this.clock_.setTimeout(() => this.addRival_(), opts.raceDelay ?? 300);
    transport.open();
  }

  /** Polling joins the race; its failure only means that the WebSocket is waited for. */
  private addRival_(): void {
    const rival = this.createTransport("polling");
    this.rival_ = rival;
    rival
      .on("error", () => this.dropRival_())
      .on("packet", (packet) => {
        const loser = this.transport;
        this.promote_();
        loser.close();
        this.onPacket_(packet);
      });
    rival.open();
  }

  private promote_(): void {
    const { rival_: rival } = this;
    this.rival_ = undefined;
    this.setTransport((rival as Transport).off());
  }

  private dropRival_(): void {
    this.clock_.clearTimeout(this.raceTimer_);
    this.rival_?.off().close();
    this.rival_ = undefined;
  }

  /** Takes over a transport, and lets go of the one before. */
  setTransport(transport: Transport): void {
    this.transport?.off();
    this.transport = transport;
    transport
      .on("drain", () => this.onDrain_())
      .on("packet", (packet) => this.onPacket_(packet))
      .on("error", (error) => this.onError_(error))
      .on("close", (details) => this.onClose_("transport close", details));
  }

  private onPacket_(packet: EnginePacket): void {
    if (this.readyState === "closed") return;
    this.emitReserved("packet", packet);
    this.emitReserved("heartbeat");
    const { type, data } = packet;
    if (type === "message") {
      this.emitReserved("data", data);
      this.emitReserved("message", data);
    } else if (type === "ping") {
      this.sendPacket_("pong");
      this.emitReserved("ping");
      this.emitReserved("pong");
      this.watch_();
    } else if (type === "open") this.onHandshake(JSON.parse(data));
    else if (type === "error") this.onError_(Object.assign(new Error("server error"), { code: data }));
  }

  protected onHandshake(data: HandshakeData): void {
    this.dropRival_();
    this.emitReserved("handshake", data);
    this.id = this.transport.query.sid = data.sid;
    this.patience_ = data.pingInterval + data.pingTimeout;
    this.maxPayload = data.maxPayload;
    this.readyState = "open";
    Session.priorWebsocketSuccess = this.transport.name === "websocket";
    this.watch_();
    this.emitReserved("open");
    this.flush();
    if (this.readyState !== "open" || this.opts.upgrade === false) return;
    const names = data.upgrades.filter((name) => this.transports.includes(name));
    for (const name of names) {
      // WebTransport, where both are on offer, gets a head start.
      if (name === "websocket" && names.includes("webtransport")) {
        this.clock_.setTimeout(() => probe(this, name), 200);
      } else probe(this, name);
    }
  }

  /** Expects the next ping within the time that the server announced. */
  private watch_(): void {
    this.deadline_ = this.clock_.now() + this.patience_;
    this.arm_(this.patience_);
  }

  private arm_(ms: number): void {
    this.clock_.clearTimeout(this.timer_);
    this.timer_ = this.clock_.setTimeout(() => {
      const late = this.clock_.now() - this.deadline_;
      // The page or the machine slept: pings that came meanwhile are still to be read.
      if (late > GRACE && ms > GRACE) this.arm_(GRACE);
      else this.expire();
    }, ms);
  }

  /** Gives the connection up as lost. */
  expire(): void {
    this.onClose_("ping timeout");
  }

  /**
   * Whether the server's ping is overdue although nobody was told yet, as after sleep. If so, and nothing comes
   * at once, the connection closes.
   */
  _hasPingExpired(): boolean {
    const expired = this.patience_ > 0 && this.clock_.now() > this.deadline_;
    if (expired && this.readyState === "open") this.arm_(GRACE);
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
    if (this.readyState === "closed" || !this.transport.writable || this.upgrading || this.flushed_) return;
    const packets = this.writable_();
    if (!packets.length) return;
    this.flushed_ = packets.length;
    this.transport.send(packets);
    this.emitReserved("flush");
  }

  /** As many packets as fit into one request. */
  private writable_(): EnginePacket[] {
    const { writeBuffer, maxPayload } = this;
    if (!maxPayload || this.transport.name !== "polling") return writeBuffer.slice();
    let size = 0;
    const end = writeBuffer.findIndex(({ data }, at) => {
      size += 2 + byteLength(data, true);
      return at && size > maxPayload;
    });
    return writeBuffer.slice(0, end < 0 ? writeBuffer.length : end);
  }

  /** Bytes that were written and have not left yet, as far as the platform tells. */
  get bufferedAmount(): number {
    return this.writeBuffer.reduce(
      (sum, { data }) => sum + byteLength(data),
      this.transport?.bufferedAmount ?? 0,
    );
  }

  /** Sends a message. */
  write(msg: RawData, options?: WriteOptions | null, fn?: () => void): this {
    this.sendPacket_("message", msg, options ?? undefined, fn);
    return this;
  }

  /** Sends a message. */
  send(msg: RawData, options?: WriteOptions | null, fn?: () => void): this {
    return this.write(msg, options, fn);
  }

  private sendPacket_(
    type: EnginePacket["type"],
    data?: RawData,
    options?: WriteOptions,
    fn?: () => void,
  ): void {
    if (/^clos/.test(this.readyState)) return;
    const packet: EnginePacket = { type, data, options: { compress: options?.compress !== false } };
    this.emitReserved("packetCreate", packet);
    this.writeBuffer.push(packet);
    if (fn) this.once("flush", fn);
    this.flush();
  }

  /** Closes the connection, once what was written has left and an upgrade under way has ended. */
  close(): this {
    if (/^clos/.test(this.readyState)) return this;
    this.readyState = "closing";
    const close = (): void => {
      if (this.upgrading) this.once("upgrade", close).once("upgradeError", close);
      else if (this.writeBuffer.length) this.once("drain", close);
      else this.onClose_("forced close");
    };
    close();
    return this;
  }

  private onError_(error: Error): void {
    Session.priorWebsocketSuccess = false;
    const opening = this.readyState === "opening";
    if (opening && this.rival_) {
      this.transport.off().close();
      this.promote_();
    } else if (opening && (this.opts.tryAllTransports || this.opts.connect) && this.transports.length > 1) {
      this.dropRival_();
      this.transports.splice(this.transports.indexOf(this.transport.name), 1);
      this.open_();
    } else {
      this.emitReserved("error", error);
      this.onClose_("transport error", error);
    }
  }

  private onClose_(reason: string, details?: CloseDetails | Error): void {
    if (this.readyState === "closed") return;
    this.readyState = "closed";
    this.clock_.clearTimeout(this.timer_);
    this.dropRival_();
    this.listen_("removeEventListener");
    this.transport.off().close();
    this.id = undefined as Untyped;
    this.emitReserved("close", reason, details);
    this.writeBuffer = [];
    this.flushed_ = 0;
  }

  private listen_(method: "addEventListener" | "removeEventListener"): void {
    const listen = (globalThis as unknown as Partial<Window>)[method];
    listen?.("offline", this.offline_);
    if (this.opts.closeOnBeforeunload) listen?.("beforeunload", this.unload_);
  }

  private offline_ = (): void => this.onClose_("transport close", { description: "network connection lost" });

  // Silently: a page that is being left needs no news.
  private unload_ = (): void => {
    this.transport.off().close();
  };
}
