/** A session: one client, whatever transport carries it. */
import type { IncomingMessage } from "node:http";
import type { Clock, Deadline } from "@sockeye/core";
import { LeanEmitter } from "../lean-emitter.ts";
import type { MessageConsumer } from "./consumer.ts";
import type { Heartbeat, HeartbeatMember, Pulse } from "./heartbeat.ts";
import { byteLength, type MessageData, type PreparedMessage } from "./prepared.ts";
import type { EngineRequest } from "./request.ts";
import { RequestRecord } from "./request-record.ts";
import {
  type Packet,
  type Transport,
  TransportError,
  type TransportFailure,
  type TransportOwner,
} from "./transport.ts";
import { Upgrade } from "./upgrade.ts";

export interface SendOptions {
  /** Whether the message may be compressed; default true. */
  compress?: boolean;
}

export interface SendPreparedOptions extends SendOptions {
  /** Whether the message is dropped when the transport cannot take it now, or the connection is slow. */
  volatile?: boolean;
}

export type SendCallback = (transport: Transport) => void;
export type ReadyState = "opening" | "open" | "closing" | "closed";
export type RawData = unknown;

/** What a session needs of its server. */
export interface SocketHome {
  readonly heartbeat: Heartbeat;
  readonly clock: Clock;
  readonly opts: {
    readonly pingInterval: number;
    readonly pingTimeout: number;
    readonly upgradeTimeout: number;
    readonly maxHttpBufferSize: number;
    readonly initialPacket?: unknown;
  };
  upgrades(transport: string): string[];
  listenerCount(event: string): number;
  onFlush(socket: Socket, packets: Packet[]): void;
  onDrain(socket: Socket): void;
  forget(socket: Socket): void;
}

/**
 * A connection with more than this many bytes on their way is slow: a volatile message is dropped. It is as much
 * as Node.js itself buffers before it asks a writer to pause.
 */
const SLOW_BYTES = 65_536;

/** What waits until the transport takes it. */
interface Backlog {
  readonly packets: Packet[];
  bytes: number;
  callbacks: SendCallback[] | undefined;
}

const COMPRESSED: SendOptions = { compress: true };
const UNCOMPRESSED: SendOptions = { compress: false };

/**
 * Events: `open`, `message` and `data` (data), `packet` (packet), `packetCreate` (packet), `flush` (packets),
 * `drain`, `heartbeat`, `upgrading` and `upgrade` (transport), `error` (error), `close` (reason, description).
 * They are emitted only when somebody listens; the one {@link consumer} hears plain calls.
 */
export class Socket extends LeanEmitter implements TransportOwner, HeartbeatMember {
  /** The revision of the protocol: 3 (Socket.IO v2) or 4. */
  readonly protocol: number;
  /** The client's IP address. */
  readonly remoteAddress: string;
  /** The session's id: whoever knows it can take part in the session. */
  readonly id: string;
  transport: Transport;
  _readyState: ReadyState = "opening";
  /** Whether the session has moved to another transport. */
  upgraded = false;
  consumer: MessageConsumer | undefined;

  pulse: Pulse = "stopped";
  deadline = 0;
  previousDeadline: Deadline | undefined;
  nextDeadline: Deadline | undefined;

  readonly #home: SocketHome;
  #request: IncomingMessage | RequestRecord;
  #upgrade: Upgrade | undefined;
  /** Made for the first packet that has to wait: on WebSocket, hardly ever. */
  #backlog: Backlog | undefined;
  /** Callbacks of what the transport has taken but not sent. */
  #sentCallbacks: SendCallback[] | undefined;

  constructor(
    id: string,
    server: SocketHome,
    transport: Transport,
    request: EngineRequest | RequestRecord,
    protocol: number,
  ) {
    super();
    this.id = id;
    this.#home = server;
    this.#request = request;
    this.protocol = protocol;
    this.remoteAddress = request.socket?.remoteAddress ?? "";
    this.transport = transport;
    transport.sid = id;
    transport.owner = this;
    this.#open();
  }

  get readyState(): ReadyState {
    return this._readyState;
  }

  set readyState(state: ReadyState) {
    this._readyState = state;
  }

  /** The first request of the session. */
  get request(): IncomingMessage {
    if (this.#request instanceof RequestRecord) this.#request = this.#request.restore();
    return this.#request;
  }

  set request(request: IncomingMessage) {
    this.#request = request;
  }

  /** Whether a better transport is being tried. */
  get upgrading(): boolean {
    return this.#upgrade !== undefined;
  }

  /** Packets that wait until the transport takes them. */
  get writeBuffer(): Packet[] {
    return this.#openBacklog.packets;
  }

  /** Bytes sent to this client that have not left the process yet. */
  get bufferedAmount(): number {
    return (this.#backlog?.bytes ?? 0) + this.transport.bufferedAmount;
  }

  get #openBacklog(): Backlog {
    this.#backlog ??= { packets: [], bytes: 0, callbacks: undefined };
    return this.#backlog;
  }

  #open(): void {
    const { opts } = this.#home;
    this._readyState = "open";
    this.#sendPacket({
      type: "open",
      data: JSON.stringify({
        sid: this.id,
        upgrades: this.#home.upgrades(this.transport.name),
        pingInterval: opts.pingInterval,
        pingTimeout: opts.pingTimeout,
        maxPayload: opts.maxHttpBufferSize,
      }),
    });
    if (opts.initialPacket !== undefined && opts.initialPacket !== null) this.send(opts.initialPacket);
    this.emit("open");
    this.#home.heartbeat.start(this, this.protocol);
  }

  // --- sending ---

  /** Sends a message; the callback is called when it has been handed to the operating system. */
  send(data: RawData, options?: SendOptions | SendCallback, callback?: SendCallback): this {
    if (typeof options === "function") return this.send(data, undefined, options);
    if (this._readyState !== "open") return this;
    const message = toMessageData(data);
    const compress = options?.compress !== false;
    if (this.#takesNow) {
      if (callback) this.#awaitSent([callback]);
      if (this.#isWatched) this.#announce(message, compress);
      this.transport.write(message, compress);
    } else {
      if (callback) this.#openBacklog.callbacks = push(this.#backlog?.callbacks, callback);
      this.#enqueue({ type: "message", data: message, options: { compress } }, byteLength(message));
    }
    return this;
  }

  /** Alias of {@link send}. */
  write(data: RawData, options?: SendOptions | SendCallback, callback?: SendCallback): this {
    return this.send(data, options, callback);
  }

  /** Sends messages that were encoded once for many sessions; `false` says that they were dropped. */
  sendPrepared(message: PreparedMessage, options?: SendPreparedOptions): boolean {
    if (this._readyState !== "open") return false;
    const compress = options?.compress !== false;
    if (this.#takesNow) {
      if (options?.volatile && this.transport.bufferedAmount > SLOW_BYTES) return false;
      if (this.#isWatched) for (const data of message.messages) this.#announce(data, compress);
      this.transport.writePrepared(message, compress);
      return true;
    }
    if (options?.volatile) return false;
    this.#enqueue(
      { type: "message", data: message.messages[0] ?? "", options: { compress }, prepared: message },
      message.byteLength,
    );
    return true;
  }

  /** Takes back prepared messages that no transport has taken yet; tells whether there were any. */
  withdraw(message: PreparedMessage): boolean {
    const backlog = this.#backlog;
    const index = backlog?.packets.findIndex(({ prepared }) => prepared === message) ?? -1;
    if (!backlog || index < 0) return false;
    backlog.packets.splice(index, 1);
    backlog.bytes -= message.byteLength;
    return true;
  }

  get #takesNow(): boolean {
    return this.transport.writable && !this.#isWaiting;
  }

  get #isWaiting(): boolean {
    return this.#backlog !== undefined && this.#backlog.packets.length > 0;
  }

  /** Whether a message on its way may be of interest to somebody: hardly ever, and asked for each of them. */
  get #isWatched(): boolean {
    return this.heard || this.#home.listenerCount("flush") > 0 || this.#home.listenerCount("drain") > 0;
  }

  /** The public events of a message that goes straight to the transport. */
  #announce(data: MessageData, compress: boolean): void {
    if (this.#drainIsWatched) this.awaitDrain();
    const created = this.hears("packetCreate");
    const flushed = this.hears("flush") || this.#home.listenerCount("flush") > 0;
    if (!created && !flushed) return;
    const packet: Packet = { type: "message", data, options: compress ? COMPRESSED : UNCOMPRESSED };
    if (created) this.emit("packetCreate", packet);
    if (flushed) this.#announceFlush([packet]);
  }

  get #drainIsWatched(): boolean {
    return this.hears("drain") || this.#home.listenerCount("drain") > 0;
  }

  protected override listened(event: string | symbol): void {
    if (event === "drain") this.awaitDrain();
  }

  /** Asks for the consumer's `onDrain`, as soon as what was sent has left. It MAY be called in any case. */
  awaitDrain(): void {
    this.transport.awaitDrain();
  }

  #awaitSent(callbacks: SendCallback[]): void {
    this.#sentCallbacks = this.#sentCallbacks ? this.#sentCallbacks.concat(callbacks) : callbacks;
    this.awaitDrain();
  }

  #announceFlush(packets: Packet[]): void {
    if (this.hears("flush")) this.emit("flush", packets);
    this.#home.onFlush(this, packets);
  }

  #enqueue(packet: Packet, bytes: number): void {
    if (this.hears("packetCreate")) this.emit("packetCreate", packet);
    const backlog = this.#openBacklog;
    backlog.packets.push(packet);
    backlog.bytes += bytes;
    this.#flush();
  }

  #sendPacket(packet: Packet): void {
    if (this._readyState !== "open") return;
    this.#enqueue(packet, 0);
  }

  #flush(): void {
    if (this._readyState === "closed" || !this.transport.writable || !this.#isWaiting) return;
    const { packets, callbacks } = this.#openBacklog;
    this.#backlog = undefined;
    if (callbacks) this.#awaitSent(callbacks);
    if (this.#drainIsWatched) this.awaitDrain();
    this.#announceFlush(packets);
    this.transport.send(packets);
    if (this._readyState === "closing") this.#closeTransport(false);
  }

  // --- what the transport tells ---

  onMessage(data: string | Buffer): void {
    if (this._readyState !== "open") return;
    this.#home.heartbeat.onActivity(this);
    if (this.hears("packet")) this.emit("packet", { type: "message", data });
    this.consumer?.onMessage(data);
    if (this.hears("data")) this.emit("data", data);
    if (this.hears("message")) this.emit("message", data);
  }

  onPacket(packet: Packet): void {
    if (this._readyState !== "open") return;
    if (this.hears("packet")) this.emit("packet", packet);
    switch (packet.type) {
      case "pong":
        this.#onPong();
        break;
      case "ping":
        this.#onPing(packet);
        break;
      case "close":
        this.#onClose("transport close");
        break;
      case "message":
        this.onMessage(packet.data as string | Buffer);
        break;
      case "noop":
      case "upgrade":
      case "open":
        this.#home.heartbeat.onActivity(this);
    }
  }

  #onPong(): void {
    // Engine.IO v3: the server does not ping, so a pong means nothing.
    if (this.protocol === 3) return;
    this.#home.heartbeat.onBeat(this);
    this.emit("heartbeat");
  }

  #onPing(packet: Packet): void {
    if (this.protocol !== 3) {
      this.#home.heartbeat.onActivity(this);
      return;
    }
    this.#home.heartbeat.onBeat(this);
    this.#sendPacket(packet.data === undefined ? { type: "pong" } : { type: "pong", data: packet.data });
    this.emit("heartbeat");
  }

  onReady(): void {
    this.#flush();
  }

  onDrain(): void {
    const callbacks = this.#sentCallbacks;
    this.#sentCallbacks = undefined;
    if (callbacks) for (const callback of callbacks) callback(this.transport);
    this.#flush();
    if (this.hears("drain")) this.emit("drain");
    this.#home.onDrain(this);
    this.consumer?.onDrain();
  }

  onClose(reason: TransportFailure, description: unknown): void {
    this.#onClose(reason, description);
  }

  // --- heartbeat ---

  onPingDue(): void {
    this.#sendPacket({ type: "ping" });
  }

  onPingTimeout(): void {
    this.#onClose("ping timeout");
  }

  // --- upgrade ---

  /** Tries a better transport; the session stays where it is until the client has moved. */
  _maybeUpgrade(candidate: Transport): void {
    candidate.sid = this.id;
    this.#upgrade = new Upgrade(this, candidate, this.#home.clock, {
      upgradeTimeout: this.#home.opts.upgradeTimeout,
      maxHeldBytes: this.#home.opts.maxHttpBufferSize,
    });
  }

  onUpgrading(candidate: Transport): void {
    this.emit("upgrading", candidate);
  }

  adopt(candidate: Transport): void {
    const old = this.transport;
    old.owner = undefined;
    old.retire();
    this.#upgrade = undefined;
    this.transport = candidate;
    candidate.owner = this;
    // Whoever waits for the old transport, waits for this one now.
    candidate.awaitDrain();
    this.upgraded = true;
    this.emit("upgrade", candidate);
    this.#flush();
    if (this._readyState === "closing") this.#closeTransport(false);
  }

  onUpgradeFailed(lost: boolean): void {
    this.#upgrade = undefined;
    if (lost)
      this.#onClose(
        "transport error",
        new TransportError("the upgrade broke off after the client had moved"),
      );
    else if (this._readyState === "closing") this.close();
  }

  // --- closing ---

  /** Closes the session, after what waits has been sent; with `discard`, at once. */
  close(discard?: boolean): void {
    if (discard && (this._readyState === "open" || this._readyState === "closing")) {
      this.#closeTransport(true);
    } else if (this._readyState === "open" || this._readyState === "closing") {
      this._readyState = "closing";
      if (this.#isWaiting) return;
      // While the client moves, it reads from neither transport for sure: say it on the one that remains.
      if (this.#upgrade && !this.transport.writable) return;
      this.#closeTransport(false);
    }
  }

  #closeTransport(discard: boolean): void {
    if (discard) this.transport.discard();
    this.transport.close(() => this.#onClose("forced close"));
  }

  #onClose(reason: string, description?: unknown): void {
    if (this._readyState === "closed") return;
    this._readyState = "closed";
    const home = this.#home;
    home.heartbeat.stop(this);
    this.#upgrade?.abandon();
    this.#upgrade = undefined;
    this.transport.owner = undefined;
    this.transport.close();
    home.forget(this);
    if (description instanceof Error && this.hears("error")) this.emit("error", description);
    this.consumer?.onClose(reason, description);
    this.emit("close", reason, description);
    this.#release();
  }

  /** Lets go of what only a living session needs. */
  #release(): void {
    this.#backlog = undefined;
    this.#sentCallbacks = undefined;
  }
}

function push<T>(list: T[] | undefined, item: T): T[] {
  if (!list) return [item];
  list.push(item);
  return list;
}

function toMessageData(data: RawData): MessageData {
  if (typeof data === "string" || data instanceof Uint8Array) return data;
  if (data instanceof ArrayBuffer) return new Uint8Array(data);
  if (ArrayBuffer.isView(data)) return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  return data === undefined ? "" : String(data);
}
