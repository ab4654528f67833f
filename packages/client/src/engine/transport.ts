/** What every way of moving packets has in common; applications may extend it with their own. */
import type { Clock, Untyped } from "@sockeye/core";
import { Emitter, type NoEvents } from "../emitter.ts";
import { decodePacket, type EnginePacket, type RawData } from "../wire/engine.ts";
import type { CloseDetails, EngineOptions } from "./options.ts";

/** A transport failed. */
export class TransportError extends Error {
  readonly type = "TransportError";
  /** The HTTP status, or the platform's event. */
  declare description: Untyped;
  /** The HTTP answer: `{ status, responseText }`. */
  declare context: Untyped;

  constructor(reason: string, description: Untyped, context: Untyped) {
    super(reason);
    Object.assign(this, { description, context });
  }
}

/** What a transport reports. */
export interface TransportEvents {
  open: () => void;
  error: (err: TransportError) => void;
  packet: (packet: EnginePacket) => void;
  close: (details?: CloseDetails) => void;
  poll: () => void;
  pollComplete: () => void;
  drain: () => void;
}

/** What a transport needs of the session that it serves. */
export interface TransportHome {
  binaryType: string;
  readonly clock_: Clock;
  /** Turns the bytes that came into what {@link binaryType} promises. */
  toBinary_(data: Untyped): RawData;
}

/** The options that a transport is made with. */
export type TransportOptions = EngineOptions & {
  query: Record<string, string>;
  socket: TransportHome;
  hostname: string;
};

/**
 * The transport port. A transport
 * - MUST call `onOpen` once it can carry packets, and `onPacket` (or `onData`) for what comes;
 * - MUST be `writable` only when `write` may be called, and emit "drain" when what was written has left;
 * - MUST NOT report anything after `onClose`.
 */
export abstract class Transport extends Emitter<NoEvents, NoEvents, TransportEvents> {
  declare query: Record<string, string>;
  writable = false;
  declare protected opts: TransportOptions;
  declare protected supportsBinary: boolean;
  protected readyState: "" | "opening" | "open" | "closed" = "";
  declare protected socket: TransportHome;

  constructor(opts: Untyped) {
    super();
    this.opts = opts;
    this.query = opts.query;
    this.socket = opts.socket;
    this.supportsBinary = !opts.forceBase64;
  }

  /** "polling", "websocket", "webtransport", or a name of one's own. */
  abstract get name(): string;

  /** Reports a failure. */
  protected onError(reason: string, description?: Untyped, context?: Untyped): this {
    return this.emitReserved("error", new TransportError(reason, description, context));
  }

  /** Opens the transport. */
  open(): this {
    this.readyState = "opening";
    this.doOpen();
    return this;
  }

  /** Closes the transport. */
  close(): this {
    if (this.readyState !== "closed") {
      this.doClose();
      this.onClose();
    }
    return this;
  }

  /** Sends packets, if the transport is open. */
  send(packets: EnginePacket[]): void {
    if (this.readyState === "open") this.write(packets);
  }

  /** @internal As many of the packets as one write may take. */
  fitting_(packets: EnginePacket[], _maxPayload: number | undefined): EnginePacket[] {
    return [...packets];
  }

  /** @internal Tries to hand its session over to one of these transports, where it is made for that. */
  upgrade_(_session: unknown, _names: string[]): void {}

  /** Stops without losing a packet; calls back when nothing is under way. */
  pause(onPause: () => void): void {
    onPause();
  }

  /** Takes up again after {@link pause}. */
  resume(): void {}

  protected onOpen(): void {
    this.readyState = "open";
    this.writable = true;
    this.emitReserved("open");
  }

  /** What was written has left. */
  protected drained_(): void {
    this.writable = true;
    this.emitReserved("drain");
  }

  /** Takes one frame. */
  protected onData(data: RawData): void {
    this.onPacket(decodePacket(data, this.toBinary_));
  }

  protected toBinary_ = (data: ArrayBuffer): RawData => this.socket.toBinary_(data);

  protected onPacket(packet: EnginePacket): void {
    this.emitReserved("packet", packet);
  }

  protected onClose(details?: CloseDetails): void {
    this.readyState = "closed";
    this.emitReserved("close", details);
  }

  /** The URL of a request. */
  protected createUri(schema: string, query: Record<string, unknown> = {}): string {
    const { hostname, port, path } = this.opts;
    const search = new URLSearchParams(query as Record<string, string>);
    return `${schema}://${hostname}${port ? `:${port}` : ""}${path}?${search}`;
  }

  /** The URL of a request, with what every one carries. */
  protected uri_(schema: string, stamp: boolean | undefined): string {
    const query: Record<string, unknown> = { ...this.query };
    const { secure, timestampParam = "t" } = this.opts;
    if (stamp) query[timestampParam] = Math.random();
    if (!this.supportsBinary && !query.sid) query.b64 = 1;
    return this.createUri(secure ? `${schema}s` : schema, query);
  }

  protected abstract doOpen(): unknown;
  protected abstract doClose(): unknown;
  protected abstract write(packets: EnginePacket[]): unknown;
}
