/** One end of a byte stream between two servers: in order, bounded both ways, and ended at both ends. */
import { Duplex } from "node:stream";
import type { StreamClient, StreamEvent } from "./message.ts";

/** Bytes that may be under way in one direction before the reader has taken any: 256 KiB. */
export const WINDOW = 262_144;

/** Bytes that a caller may send before the other server has agreed: a request's head, and small bodies. */
export const FIRST_WINDOW = 16_384;

/** Bytes of one chunk at most: several fit into the message of any bus. */
const MAX_CHUNK = 65_536;

/** How an end speaks to the other one. */
interface RelayLine {
  send(event: StreamEvent): void;
  /** A promise while more is waiting for the bus than should be. */
  relief(): Promise<void> | undefined;
  /** The end is over. */
  closed(): void;
}

type Done = (error?: Error | null) => void;

/** Has what HTTP servers and applications look for in a socket. It emits `depart` when the other end has said so. */
export class RelayStream extends Duplex implements StreamClient {
  readonly remoteAddress: string;
  readonly remotePort: number;
  readonly encrypted: boolean;
  readonly #line: RelayLine;
  /** How many bytes may be sent, received, ... since the beginning. */
  #limit: number;
  #sent = 0;
  #received = 0;
  #granted: number;
  #blocked: (() => void) | undefined;
  #departing = false;
  #finished = false;
  #ended = false;

  /**
   * @param limit bytes that may be sent before the other end grants more
   * @param granted bytes that the other end may send before it is granted more
   */
  constructor(line: RelayLine, client: StreamClient, limit: number, granted: number) {
    super({ readableHighWaterMark: MAX_CHUNK, writableHighWaterMark: MAX_CHUNK });
    this.#line = line;
    this.remoteAddress = client.remoteAddress;
    this.remotePort = client.remotePort;
    this.encrypted = client.encrypted;
    this.#limit = limit;
    this.#granted = granted;
  }

  /** Lets the other end send a whole window from here. */
  grant(): void {
    this.#granted = this.#received + WINDOW;
    this.#line.send({ kind: "grant", limit: this.#granted });
  }

  /** Whether the other end has said that the client should go elsewhere. */
  get departing(): boolean {
    return this.#departing;
  }

  /** Tells the other end that the client should go elsewhere. */
  depart(): void {
    if (!this.destroyed) this.#line.send({ kind: "depart" });
  }

  /** The other end has said something. */
  receive(event: StreamEvent): void {
    switch (event.kind) {
      case "chunk":
        this.#receiveChunk(event.bytes);
        break;
      case "grant":
        this.#limit = Math.max(this.#limit, event.limit);
        this.#unblock();
        break;
      case "finish":
        this.#ended = true;
        this.push(null);
        break;
      case "depart":
        this.#departing = true;
        this.emit("depart");
        break;
    }
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: Done): void {
    const relief = this.#line.relief();
    const room = Math.min(this.#limit - this.#sent, MAX_CHUNK);
    if (relief) void relief.then(() => this._write(chunk, _encoding, done));
    else if (this.destroyed) done();
    else if (room <= 0) this.#blocked = () => this._write(chunk, _encoding, done);
    else {
      const part = chunk.subarray(0, room);
      this.#sent += part.length;
      this.#line.send({ kind: "chunk", bytes: part });
      if (part.length === chunk.length) done();
      else this._write(chunk.subarray(room), _encoding, done);
    }
  }

  override _final(done: Done): void {
    this.#finished = true;
    this.#line.send({ kind: "finish" });
    done();
  }

  override _read(): void {
    if (!this.#ended && this.#granted - this.#received < WINDOW / 2) this.grant();
  }

  override _destroy(error: Error | null, done: Done): void {
    if (!this.#finished || !this.#ended) this.#line.send({ kind: "hang" });
    this.#line.closed();
    this.#unblock();
    done(error);
  }

  #receiveChunk(bytes: Uint8Array): void {
    this.#received += bytes.length;
    // More than was granted, or more than all: no end of this kind does it.
    if (this.#received > this.#granted || this.#ended) this.destroy();
    else this.push(bytes);
  }

  #unblock(): void {
    const blocked = this.#blocked;
    this.#blocked = undefined;
    blocked?.();
  }
}
