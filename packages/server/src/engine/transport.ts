/** One way to carry packets: the class that polling, WebSocket and WebTransport fill in. */
import type { EnginePacket } from "@sockeye/protocol";
import { LeanEmitter } from "../lean-emitter.ts";
import type { MessageData, PreparedMessage } from "./prepared.ts";
import type { EngineRequest } from "./request.ts";

/** A packet on its way out: besides the wire's fields, what the session remembers about it. */
export interface Packet extends EnginePacket {
  /** Several messages that leave together; then `data` is the first of them. */
  prepared?: PreparedMessage;
}

export type TransportState = "open" | "closing" | "closed";
export type TransportFailure = "transport close" | "transport error" | "parse error";

/** What a transport reports to, by plain calls: the session, or the upgrade that is trying it. */
export interface TransportOwner {
  onMessage(data: string | Buffer, transport: Transport): void;
  /** Any packet that is no message. */
  onPacket(packet: Packet, transport: Transport): void;
  /** The transport takes packets now: a poll request waits. */
  onReady(transport: Transport): void;
  /** What was sent has left; told for sure after `awaitDrain`. */
  onDrain(transport: Transport): void;
  onClose(reason: TransportFailure, description: unknown, transport: Transport): void;
}

/** An error of a transport, with what the transport knows about it. */
export class TransportError extends Error {
  readonly type = "TransportError";
  readonly description: unknown;

  constructor(message: string, description?: unknown) {
    super(message, description instanceof Error ? { cause: description } : undefined);
    this.name = "TransportError";
    this.description = description;
  }
}

/**
 * The public events (`packet`, `drain`, `ready`, `error`, `close`, `headers`) are emitted only when somebody
 * listens; the session hears plain calls.
 */
export abstract class Transport extends LeanEmitter {
  /** The names of the transports that this one can be upgraded to. */
  static upgradesTo: string[] = [];

  /** The session's id. */
  sid = "";
  /** Whether packets can be sent now. */
  writable = false;
  /** The revision of the protocol: 3 (Socket.IO v2) or 4. */
  protocol: 3 | 4;
  /** Whether the client takes binary frames; otherwise binary is sent in base64. */
  supportsBinary: boolean;
  owner: TransportOwner | undefined;
  protected discarded = false;
  protected _readyState: TransportState = "open";

  constructor(request: { _query: Record<string, string> }) {
    super();
    this.protocol = request._query.EIO === "4" ? 4 : 3;
    this.supportsBinary = !request._query.b64;
  }

  abstract get name(): string;

  get readyState(): TransportState {
    return this._readyState;
  }

  set readyState(state: TransportState) {
    this._readyState = state;
  }

  /** Somebody waits until what was sent has left: the owner's `onDrain` is called then. It MAY be called in any case. */
  awaitDrain(): void {}

  /** Bytes accepted by the transport that have not left yet. */
  get bufferedAmount(): number {
    return 0;
  }

  /** Sends packets; only while `writable`. */
  abstract send(packets: Packet[]): void;

  /** Sends one message; only while `writable`. The fast path: nothing is retained. */
  write(data: MessageData, compress: boolean): void {
    this.send([{ type: "message", data, options: { compress } }]);
  }

  /** Sends messages that were encoded once; only while `writable`. */
  writePrepared(message: PreparedMessage, compress: boolean): void {
    for (const data of message.messages) this.write(data, compress);
  }

  /** The transport closes without a farewell: another one takes over, or the session is gone. */
  discard(): void {
    this.discarded = true;
  }

  /** Another transport has taken over: ends without the client noticing. */
  retire(): void {
    this.discard();
    this.close();
  }

  /** Called with each HTTP request of the session. */
  onRequest(request: EngineRequest): void {
    void request;
  }

  /** Calls `task` as soon as nothing that the client has begun to send is incomplete. */
  whenSettled(task: () => void): void {
    task();
  }

  close(fn?: () => void): void {
    if (this._readyState !== "open") return;
    this._readyState = "closing";
    this.doClose(fn);
  }

  abstract doClose(fn?: () => void): void;

  protected onError(message: string, description?: unknown): void {
    this.fail("transport error", new TransportError(message, description));
  }

  protected onPacket(packet: Packet): void {
    if (this.hears("packet")) this.emit("packet", packet);
    if (packet.type === "message") this.owner?.onMessage(packet.data as string | Buffer, this);
    else this.owner?.onPacket(packet, this);
  }

  protected onMessage(data: string | Buffer): void {
    if (this.hears("packet")) this.emit("packet", { type: "message", data });
    this.owner?.onMessage(data, this);
  }

  protected onReady(): void {
    this.writable = true;
    if (this.hears("ready")) this.emit("ready");
    this.owner?.onReady(this);
  }

  protected onDrain(): void {
    if (this.hears("drain")) this.emit("drain");
    this.owner?.onDrain(this);
  }

  /** The transport is of no use any more; tells everybody, once. */
  protected fail(reason: TransportFailure, description: unknown): void {
    const { owner } = this;
    this.owner = undefined;
    this.writable = false;
    if (description instanceof Error && this.hears("error")) this.emit("error", description);
    owner?.onClose(reason, description, this);
  }

  protected onClose(description?: unknown): void {
    if (this._readyState === "closed") return;
    this._readyState = "closed";
    this.writable = false;
    if (this.hears("close")) this.emit("close");
    this.fail("transport close", description);
  }
}
