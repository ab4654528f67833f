/** A namespace with what Sockeye adds: policies for events that cannot leave, promises, delivery for sure. */
import type { DecorateAcknowledgements, DefaultEventsMap, EventsMap, Timer, Untyped } from "@sockeye/core";
import { type EmitError, type EmitErrorCode, emitError } from "../errors.ts";
import type { DisconnectDescription, ExtendedError, DisconnectReason as Reason } from "../options.ts";
import {
  type Ack,
  type SocketHome as CoreHome,
  Socket as CoreSocket,
  type Flags,
  gone,
  type OutgoingPacket,
  type QueuedEvent,
  type Welcome,
} from "../socket.ts";
import { byteLength } from "../wire/engine.ts";
import { CONNECT, EVENT } from "../wire/socket.ts";
import { limit, type WaitOptions } from "./deadline.ts";
import type { SocketOptions } from "./options.ts";

/** What a socket needs of its Manager. */
export interface SocketHome extends CoreHome {
  changed_(): void;
  on(event: "change", listener: () => void): unknown;
  off(event: "change", listener: () => void): unknown;
  emitReserved(event: "emit_error", error: Error, name: string, args: unknown[]): unknown;
  /** Bytes of a packet on the wire. */
  sizeOf_(packet: OutgoingPacket): number;
  /** Milliseconds before an attempt. */
  delay_(attempt: number): number;
}

/** Names of events that a Sockeye server and its clients use among themselves. */
const RELIABLE = "sockeye:reliable";
const RECEIVED = "sockeye:received";

/** One receipt is for all reliable events within this many milliseconds. */
const RECEIPT_DELAY = 100;

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
> extends CoreSocket<ListenEvents, EmitEvents> {
  /** Why the namespace could not be connected; undefined once it is. */
  lastError: ExtendedError | undefined;
  declare readonly _opts: SocketOptions;
  /** @internal */
  declare readonly home_: SocketHome;
  private retryTimer_: Timer;
  private refusals_ = 0;
  /** Given by a server that delivers for sure. */
  private delivery_: string | undefined;
  /** Number of the last reliable event. */
  private received_ = 0;
  private receipt_: Timer;
  /** Bytes of the events in the buffer, under the option `maxBufferedBytes`. */
  private readonly sizes_: WeakMap<OutgoingPacket, number> = new WeakMap();

  /** Events that wait for their acknowledgement, or for their turn, under the option `retries`. */
  get retryBuffer(): readonly QueuedEvent[] {
    return this.queue_;
  }

  /** Bytes that were emitted and have not left yet, as far as the platform tells. */
  get bufferedAmount(): number {
    const { writeBuffer = [], transport } = this.home_.engine ?? {};
    // While a write is under way its packets still count as waiting.
    const left = transport?.writable ? (transport.ws?.bufferedAmount ?? 0) : 0;
    return writeBuffer.reduce((sum: number, { data }: Untyped) => sum + byteLength(data), left);
  }

  /** Connects, and stays connected until {@link disconnect}. */
  override connect(): this {
    super.connect();
    this.home_.changed_();
    return this;
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

  /** The next event's acknowledgement fails after this many milliseconds; its callback takes the error first. */
  override timeout(timeout: number): Socket<ListenEvents, DecorateAcknowledgements<EmitEvents>> {
    super.timeout(timeout);
    return this as Untyped;
  }

  /** The next event's acknowledgement fails when the signal is aborted; its callback takes the error first. */
  signal(signal: AbortSignal): Socket<ListenEvents, DecorateAcknowledgements<EmitEvents>> {
    this.flags_.signal = signal;
    return this as Untyped;
  }

  /** Removes events from the buffer, all or those that match; their acknowledgements fail with ERR_DROPPED. */
  clearBuffer(match: (packet: OutgoingPacket) => boolean = () => true): this {
    const dropped = this.sendBuffer.filter(match);
    this.sendBuffer = this.sendBuffer.filter((packet) => !dropped.includes(packet));
    for (const packet of dropped) this.fail_(packet, "ERR_DROPPED", true);
    return this;
  }

  /** @internal */
  override send_(data: readonly unknown[], flags: Flags, ack: Ack | undefined, id?: number): void {
    const { signal } = flags;
    if (ack && signal?.aborted) {
      flags.hopeless_ = true;
      ack(signal.reason);
    } else super.send_(data, flags, ack, id);
  }

  /** @internal */
  override expect_(id: number, ack: Ack, flags: Flags): void {
    const { signal } = flags;
    const abort = (): void => {
      flags.hopeless_ = true;
      this.acks_.get(id)?.(signal?.reason);
    };
    const settle = (...args: Parameters<Ack>): void => {
      signal?.removeEventListener("abort", abort);
      if (args[0]?.code === "ERR_PAYLOAD_TOO_LARGE") flags.hopeless_ = true;
      ack(...args);
    };
    super.expect_(id, settle, signal ? { ...flags, withError_: true } : flags);
    signal?.addEventListener("abort", abort);
  }

  /** @internal */
  override dispatch_(packet: OutgoingPacket): void {
    try {
      super.dispatch_(packet);
    } catch (error) {
      if ((error as EmitError).code !== "ERR_PAYLOAD_TOO_LARGE") throw error;
      this.report_(packet, error as Error);
    }
  }

  /** @internal Keeps an event for the next connection, as far as the options allow. */
  override hold_(packet: OutgoingPacket, drop: boolean): void {
    const { offline } = this._opts;
    if (drop) this.fail_(packet, "ERR_DROPPED", true);
    else if (offline === "drop" || offline === "reject") {
      this.fail_(packet, "ERR_OFFLINE", offline === "drop");
    } else this.buffer_(packet);
  }

  private buffer_(packet: OutgoingPacket): void {
    const { maxBufferedEvents = Infinity, maxBufferedBytes } = this._opts;
    let bytes = 0;
    this.sendBuffer.push(packet);
    if (maxBufferedBytes !== undefined) {
      this.sizes_.set(packet, this.home_.sizeOf_(packet));
      for (const buffered of this.sendBuffer) bytes += this.sizes_.get(buffered) ?? 0;
    }
    if (this.sendBuffer.length > maxBufferedEvents || bytes > (maxBufferedBytes as number)) {
      this.sendBuffer.pop();
      this.fail_(packet, "ERR_BUFFER_FULL");
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

  /** @internal */
  override packet_(packet: OutgoingPacket): void {
    const { reliable, retries } = this._opts;
    if (packet.type === CONNECT && (reliable ?? retries)) {
      // The constructor of the core may connect before the fields of this class are set.
      const { delivery_ = null, received_ = 0 } = this;
      packet.data = { delivery: [delivery_, received_], ...(packet.data as object) };
    }
    super.packet_(packet);
  }

  /** @internal */
  override onopen_(): void {
    this.stopRetry_();
    super.onopen_();
  }

  /** @internal */
  override onerror_(error: Error): void {
    if (!this.connected) this.lastError = error;
    super.onerror_(error);
  }

  /** @internal */
  override onclose_(reason: string, description?: DisconnectDescription): void {
    this.stopRetry_();
    super.onclose_(reason, description);
  }

  /** @internal */
  override onconnect_(data: Welcome | undefined): void {
    if (data?.sid) {
      if (this.delivery_ !== data.delivery) this.received_ = 0;
      this.delivery_ = data.delivery;
      this.lastError = undefined;
      this.refusals_ = 0;
    }
    super.onconnect_(data);
    this.home_.changed_();
  }

  /** @internal */
  override onevent_(data: unknown[], id: number | undefined): void {
    if (!this.delivery_ || data[0] !== RELIABLE) super.onevent_(data, id);
    else {
      const [, number, ...event] = data as [string, number];
      if (number <= this.received_) return;
      this.received_ = number;
      this.receipt_ ??= this.home_.clock_.setTimeout(() => this.acknowledge_(), RECEIPT_DELAY);
      super.onevent_(event, id);
    }
  }

  /** Of all reliable events so far. */
  private acknowledge_(): void {
    this.receipt_ = undefined;
    if (this.connected) this.packet_({ type: EVENT, nsp: this.nsp, data: [RECEIVED, this.received_] });
  }

  /** @internal */
  override async refuse_(error: ExtendedError): Promise<void> {
    const { home_: home } = this;
    const { shouldRetry } = this._opts;
    this.lastError = error;
    if (shouldRetry) {
      this.onerror_(error);
      const verdict = await shouldRetry(error);
      if (verdict === false) this.destroy_();
      else {
        const delay = verdict === true ? home.delay_(this.refusals_++) : verdict;
        this.retryTimer_ = home.clock_.setTimeout(() => this.active && this.onopen_(), delay);
      }
    } else super.refuse_(error);
    home.changed_();
  }

  private stopRetry_(): void {
    this.home_.clock_.clearTimeout(this.retryTimer_);
  }

  /** @internal */
  override destroy_(): void {
    this.stopRetry_();
    super.destroy_();
  }

  /** @internal */
  override leave_(reason: Reason): void {
    super.leave_(reason);
    this.home_.changed_();
  }
}
