/** A connection with what Sockeye adds: it knows the page, the limits of the server, and when it is told to hurry. */
import type { DefaultEventsMap, EventsMap, Timer } from "@sockeye/core";
import { emitError } from "../errors.ts";
import { Manager as CoreManager } from "../manager.ts";
import type { DisconnectDescription } from "../options.ts";
import type { OutgoingPacket } from "../socket.ts";
import { byteLength, type RawData, type WriteOptions } from "../wire/engine.ts";
import { CONNECT } from "../wire/socket.ts";
import type { ManagerOptions, SocketOptions } from "./options.ts";
import { isVisible, watchPage } from "./page.ts";
import { Socket, type SocketHome } from "./socket.ts";

declare module "./socket.ts" {
  interface Socket<
    ListenEvents extends EventsMap = DefaultEventsMap,
    EmitEvents extends EventsMap = ListenEvents,
  > {
    /** The connection that carries the namespace. */
    readonly io: Manager<ListenEvents, EmitEvents>;
  }
}

/** Nobody's namespace: every server answers a request for it, and so proves that the connection is alive. */
const PROBE = "/sockeye-probe";

/** How long the answer to a probe may take, in milliseconds. */
const PROBE_TIMEOUT = 5000;

/** Close code of a server that restarts. RFC 6455, registered close codes. */
const SERVICE_RESTART = 1012;

/** A connection that is restored, without transports of its own. */
export class Manager<
    ListenEvents extends EventsMap = DefaultEventsMap,
    EmitEvents extends EventsMap = ListenEvents,
  >
  extends CoreManager<ListenEvents, EmitEvents>
  implements SocketHome
{
  // Declared only: the constructor of the core opens the connection before fields of this class could be set.
  /** What the next connection is made with; may be changed at any time. */
  declare opts: Partial<ManagerOptions>;
  /** The namespaces. */
  declare nsps: Record<string, Socket<ListenEvents, EmitEvents>>;
  /** When the next attempt is due, as `Date.now()` tells time; undefined while none is awaited. */
  declare nextAttemptAt: number | undefined;
  declare private probe_: Timer;
  /** The server goes, and has asked its clients one after the other to come back elsewhere. */
  declare private atOnce_: boolean;
  declare private onpage_: (event: Event) => void;

  constructor(opts: Partial<ManagerOptions>);
  constructor(uri?: string, opts?: Partial<ManagerOptions>);
  constructor(uri?: string | Partial<ManagerOptions>, opts?: Partial<ManagerOptions>);
  constructor(uri?: string | Partial<ManagerOptions>, opts?: Partial<ManagerOptions>) {
    super(uri, opts);
    this.opts.signal?.addEventListener("abort", () => this.close());
  }

  /** @internal There is none that it does not understand. */
  override prepare_(_opts?: object): void {}

  /** @internal */
  changed_(): void {
    this.emitReserved("change");
  }

  /** Opens the connection; calls back when it is open or could not be opened. */
  override open(fn?: (err?: Error) => void): this {
    if (this._readyState !== "closed" || this.opts.signal?.aborted) return this;
    this.nextAttemptAt = undefined;
    super.open(fn);
    this.onpage_ ??= ({ type }) => this.hear_(type);
    // Once, however often the connection is opened.
    watchPage("removeEventListener", this.onpage_);
    watchPage("addEventListener", this.onpage_);
    this.changed_();
    return this;
  }

  /** @internal */
  override onopen_(): void {
    super.onopen_();
    this.engine
      .on("upgrade", () => this.changed_())
      // What was emitted when the connection seemed to be lost, which it was not.
      .on("ping", () => {
        for (const socket of this.sockets_()) socket.flush_();
      });
    this.changed_();
  }

  /** The socket of a namespace, made if there is none. */
  override socket(nsp: string, opts?: Partial<SocketOptions>): Socket<ListenEvents, EmitEvents> {
    this.nsps[nsp] ??= new Socket(this, nsp, opts);
    return super.socket(nsp) as Socket<ListenEvents, EmitEvents>;
  }

  /** @internal */
  override ondata_(data: RawData): void {
    this.clock_.clearTimeout(this.probe_);
    super.ondata_(data);
  }

  /** @internal */
  sizeOf_(packet: OutgoingPacket): number {
    return this.encoder_.encode(packet).reduce((sum: number, part: RawData) => sum + byteLength(part), 0);
  }

  /** @internal @throws EmitError ERR_PAYLOAD_TOO_LARGE */
  override write_(messages: RawData[], options: WriteOptions | undefined): void {
    const { maxPayload = Infinity, transport } = this.engine;
    const polling = transport.name === "polling";
    for (const message of messages) {
      // No text has more bytes than three for each of its units.
      if (message.length * 3 < maxPayload) continue;
      // Of Engine.IO's type digit, or the letter before base64.
      const type = polling || typeof message === "string" ? 1 : 0;
      const size = byteLength(message, polling) + type;
      if (size > maxPayload) {
        const error = emitError("ERR_PAYLOAD_TOO_LARGE", `${size} bytes, the server takes ${maxPayload}`);
        throw Object.assign(error, { size, maxPayload });
      }
    }
    super.write_(messages, options);
  }

  /** @internal */
  override cleanup_(): void {
    this.clock_.clearTimeout(this.probe_);
    super.cleanup_();
  }

  /** Closes the connection under all namespaces, and does not restore it. */
  override close(): void {
    super.close();
    if (this.onpage_) watchPage("removeEventListener", this.onpage_);
  }

  /** @internal */
  override onclose_(reason: string, description?: DisconnectDescription): void {
    // Of a WebSocket's close event, or a close packet.
    const { context } = (description ?? {}) as { context?: { code?: number; data?: string } };
    this.nextAttemptAt = undefined;
    this.atOnce_ = Number(context?.code ?? context?.data) === SERVICE_RESTART;
    super.onclose_(reason, description);
    this.atOnce_ = false;
    this.changed_();
  }

  /** @internal */
  override reconnect_(): void {
    super.reconnect_();
    this.changed_();
  }

  /** @internal */
  override wait_(): number {
    const delay = this.atOnce_ ? 0 : super.wait_();
    this.nextAttemptAt = Date.now() + delay;
    return delay;
  }

  /** The page has news of the network, or is looked at again: no waiting for a timer. */
  private hear_(type: string): void {
    const { engine, opts, clock_: clock } = this;
    this.changed_();
    if (type === "offline" || opts.pageAware === false || !isVisible()) return;
    if (this._readyState === "open") {
      this._packet({ type: CONNECT, nsp: PROBE });
      clock.clearTimeout(this.probe_);
      this.probe_ = clock.setTimeout(() => engine.onClose_("ping timeout"), PROBE_TIMEOUT);
      // A "change" tells of a better or worse network every few seconds: no reason to hurry.
    } else if (this.nextAttemptAt && type !== "change") this.attempt_();
  }
}
