/** One WebSocket over one socket: messages in and out, and the close handshake. */
import { Socket } from "node:net";
import type { Duplex } from "node:stream";
import { Compression } from "./compression.ts";
import type { DeflateAgreement } from "./deflate-offer.ts";
import { closeCodes, isCloseCode, WebSocketError } from "./frame.ts";
import { FrameReader, type FrameSink, utf8 } from "./frame-reader.ts";
import { PreparedFrames, whole } from "./frame-writer.ts";
import type { Settings } from "./options.ts";
import { Outbox, type OutboxOwner } from "./outbox.ts";
import type { WebSocketConnection, WebSocketHandler } from "./port.ts";
import { shareReads } from "./shared-reads.ts";
import { surface } from "./surface.ts";

/**
 * open: messages flow. leaving: `close` was called, our Close frame waits behind messages being compressed.
 * closing: our Close frame is on its way, the peer's is awaited. ending: nothing is read any more, what is queued
 * leaves, then our FIN. closed: the socket is gone, and the handler was told.
 */
type State = "open" | "leaving" | "closing" | "ending" | "closed";

/** How the listeners, which all sockets share, find the connection of theirs. */
const connection = Symbol("WebSocket connection");
interface Attached extends Duplex {
  [connection]: Connection;
}

/** More than this in the outbox, and only the latest ping is answered (RFC 6455, 5.5.3). */
const congestion = 16_384;

/** What the peer's Close frame said. */
interface Farewell {
  readonly code: number;
  readonly reason: string;
}
const abnormal: Farewell = { code: closeCodes.abnormal, reason: "" };

const nobody: WebSocketHandler = { received() {}, drained() {}, closed() {}, failed() {} };

export class Connection implements WebSocketConnection, FrameSink, OutboxOwner {
  tellsDrain = true;
  readonly #socket: Duplex;
  readonly #settings: Settings;
  readonly #reader: FrameReader;
  readonly #outbox: Outbox;
  readonly #compression: Compression | undefined;
  #handler: WebSocketHandler = nobody;
  #state: State = "open";
  #farewell: Farewell = abnormal;
  #deadline: unknown;
  #latePong: Buffer | undefined;

  /** Takes the socket over, and sends `answer` in the same write as the first messages. */
  constructor(
    socket: Duplex,
    head: Uint8Array,
    answer: string,
    settings: Settings,
    agreement: DeflateAgreement | undefined,
  ) {
    this.#socket = socket;
    this.#settings = settings;
    this.#reader = new FrameReader(this, settings, agreement !== undefined);
    this.#outbox = new Outbox(socket, this);
    if (agreement !== undefined && settings.deflate !== undefined) {
      this.#compression = new Compression(this.#outbox, agreement, settings.deflate, settings.maxPayload);
    }
    attach(socket, this);
    if (head.length > 0) socket.unshift(head);
    this.#outbox.add(answer);
  }

  get handler(): WebSocketHandler {
    return this.#handler;
  }

  set handler(handler: WebSocketHandler) {
    const isFirst = this.#handler === nobody;
    this.#handler = handler;
    if (isFirst) this.#begin();
  }

  get bufferedAmount(): number {
    return this.#state === "closed" ? 0 : this.#outbox.size + (this.#compression?.pending ?? 0);
  }

  send(data: string | Uint8Array | PreparedFrames, compress = true): void {
    if (this.#state !== "open") return;
    if (this.#compression !== undefined) this.#compression.send(data, compress);
    else if (typeof data === "string") this.#outbox.text(data);
    else if (data instanceof PreparedFrames) this.#outbox.prepared(data);
    else this.#outbox.binary(data);
  }

  close(code?: number, reason = ""): void {
    const payload = closePayload(code, reason);
    if (this.#state !== "open") return;
    this.#state = "leaving";
    this.#setDeadline();
    if (this.#compression === undefined) this.#sendClose(payload);
    else this.#compression.afterAll(() => this.#sendClose(payload));
  }

  terminate(): void {
    if (this.#state === "closed") return;
    this.#state = "ending";
    this.#reader.shut();
    this.#socket.destroy();
  }

  /** A chunk came from the socket, `length` bytes long; it may be lent. */
  received(chunk: Buffer, length: number): void {
    try {
      this.#reader.push(chunk, length);
    } catch (error) {
      this.#fail(error);
    }
  }

  /** The peer's FIN came. */
  ended(): void {
    this.#end();
  }

  /** The socket failed; its end follows. */
  failed(error: Error): void {
    this.#reader.shut();
    if (this.#state !== "closed") this.#tellError(error);
  }

  /** The socket is gone. */
  gone(): void {
    if (this.#state === "closed") return;
    this.#state = "closed";
    this.#reader.shut();
    this.#compression?.discard();
    this.#outbox.discard();
    this.#latePong = undefined;
    if (this.#deadline !== undefined) this.#settings.clock.clearTimeout(this.#deadline);
    try {
      this.#handler.closed(this.#farewell.code, this.#farewell.reason);
    } catch (error) {
      surface(error);
    }
  }

  text(data: string): void {
    this.#deliver(data);
  }

  binary(data: Buffer): void {
    this.#deliver(data);
  }

  compressed(data: Buffer, isText: boolean): void {
    const message = this.#compression?.inflateNow(data);
    if (message !== undefined) {
      this.#deliver(isText ? utf8(message, 0, message.length) : message);
      return;
    }
    // Nothing overtakes a message in the thread pool, and nothing piles up behind it.
    this.#reader.hold();
    this.#socket.pause();
    this.#compression?.inflate(data, (error, large) => this.#inflated(error, large, isText));
  }

  ping(data: Buffer): void {
    // A peer that pings and does not read the answers gets one pong, for its latest ping.
    if (this.#outbox.size > congestion) this.#latePong = Buffer.from(data);
    else this.#outbox.bytes(whole.pong, data);
  }

  closeFrame(code: number, reason: string): void {
    this.#farewell = { code, reason };
    this.#sendClose(closePayload(code === closeCodes.noStatus ? undefined : code, ""));
    this.#end();
  }

  endOfTurn(): void {
    if (!this.#socket.writable) return;
    this.#outbox.flush();
    if (this.#state === "ending") this.#socket.end();
  }

  drained(): void {
    const pong = this.#latePong;
    this.#latePong = undefined;
    if (this.#state === "ending") return;
    if (pong !== undefined) this.#outbox.bytes(whole.pong, pong);
    if (!this.tellsDrain || this.#state !== "open") return;
    try {
      this.#handler.drained();
    } catch (error) {
      surface(error);
    }
  }

  #begin(): void {
    const socket = this.#socket;
    if (socket.closed) process.nextTick(onClose.bind(socket as Attached));
    else if (socket.readableEnded) process.nextTick(onEnd.bind(socket as Attached));
    else if (!(socket instanceof Socket && shareReads(socket, onLentBytes))) socket.on("data", onData);
  }

  #inflated(error: Error | undefined, message: Buffer, isText: boolean): void {
    if (this.#state === "ending" || this.#state === "closed") return;
    try {
      if (error !== undefined) throw error;
      this.#deliver(isText ? utf8(message, 0, message.length) : message);
      this.#reader.release();
    } catch (thrown) {
      this.#fail(thrown);
    }
    if (!this.#reader.held) this.#socket.resume();
  }

  #deliver(data: string | Buffer): void {
    // As in browsers, nothing is delivered once we asked to close.
    if (this.#state !== "open") return;
    try {
      this.#handler.received(data);
    } catch (error) {
      surface(error);
    }
  }

  /** Fails the connection (RFC 6455, 7.1.7). */
  #fail(error: unknown): void {
    if (!(error instanceof WebSocketError)) throw error;
    this.#sendClose(closePayload(error.closeCode, error.message.slice(0, 123)));
    this.#end();
    this.#tellError(error);
  }

  /** Sends the one Close frame of ours, unless it was sent before. */
  #sendClose(payload: Buffer): void {
    if (this.#state !== "open" && this.#state !== "leaving") return;
    this.#state = "closing";
    this.#outbox.bytes(whole.close, payload);
  }

  /** Reads no more; the FIN leaves behind what is queued. */
  #end(): void {
    this.#reader.shut();
    this.#compression?.discard();
    if (this.#state === "ending" || this.#state === "closed") return;
    this.#state = "ending";
    this.#setDeadline();
    if (this.#outbox.queued === 0) this.#socket.end();
  }

  #setDeadline(): void {
    const { clock, closeTimeout } = this.#settings;
    this.#deadline ??= clock.setTimeout(() => this.#socket.destroy(), closeTimeout);
  }

  #tellError(error: Error): void {
    try {
      this.#handler.failed(error);
    } catch (thrown) {
      surface(thrown);
    }
  }
}

/** @throws RangeError for a code or reason that no Close frame may carry. */
function closePayload(code: number | undefined, reason: string): Buffer {
  if (code === undefined && reason === "") return Buffer.alloc(0);
  const status = code ?? closeCodes.normal;
  if (!isCloseCode(status)) throw new RangeError(`expected a close code that may be sent, got ${status}`);
  const payload = Buffer.from(`  ${reason}`);
  if (payload.length > 125) {
    throw new RangeError(`expected a close reason of at most 123 bytes, got ${payload.length - 2}`);
  }
  payload.writeUInt16BE(status, 0);
  return payload;
}

function attach(socket: Duplex, owner: Connection): void {
  (socket as Attached)[connection] = owner;
  socket.on("error", onError).on("end", onEnd).on("close", onClose);
  if (!(socket instanceof Socket)) return;
  socket.setTimeout(0);
  socket.setNoDelay();
}

function onData(this: Attached, chunk: Buffer): void {
  this[connection].received(chunk, chunk.length);
}

function onLentBytes(this: Socket, length: number, bytes: Buffer): void {
  (this as Duplex as Attached)[connection].received(bytes, length);
}

function onEnd(this: Attached): void {
  this[connection].ended();
}

function onError(this: Attached, error: Error): void {
  this[connection].failed(error);
}

function onClose(this: Attached): void {
  this[connection].gone();
}
