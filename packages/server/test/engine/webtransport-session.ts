/** A WebTransport session in memory: the stand-in for an HTTP/3 server's. */
import { TransformStream } from "node:stream/web";
import { encodeStreamFrame, FrameStreamDecoder } from "@sockeye/protocol";
import type { WebTransportSessionLike } from "../../src/engine/index.ts";

interface Stream {
  readable: ReadableStream<Uint8Array>;
  writable: WritableStream<Uint8Array>;
}

export class MemorySession implements WebTransportSessionLike {
  readonly #streams = new TransformStream<Stream, Stream>();
  readonly #up = new TransformStream<Uint8Array, Uint8Array>();
  readonly #down = new TransformStream<Uint8Array, Uint8Array>();
  readonly #writer = this.#up.writable.getWriter();
  readonly #decoder = new FrameStreamDecoder(1e9);
  readonly #packets: Array<string | Uint8Array> = [];
  readonly #reader = this.#down.readable.getReader();
  #end = (): void => {};
  isClosed = false;
  readonly closed: Promise<void>;
  /** How many bytes each write of the client carries. */
  chunkSize: number;

  constructor(chunkSize = Number.POSITIVE_INFINITY) {
    this.chunkSize = chunkSize;
    this.closed = new Promise((resolve) => {
      this.#end = resolve;
    });
  }

  get incomingBidirectionalStreams(): ReadableStream<Stream> {
    return this.#streams.readable as ReadableStream<Stream>;
  }

  close(): void {
    this.isClosed = true;
    this.#end();
  }

  /** The client opens its stream. */
  open(): void {
    const stream = { readable: this.#up.readable, writable: this.#down.writable };
    void this.#streams.writable.getWriter().write(stream as Stream);
  }

  /** The client writes raw bytes. */
  async write(bytes: Uint8Array): Promise<void> {
    for (let at = 0; at < bytes.length; at += this.chunkSize) {
      await this.#writer.write(bytes.subarray(at, at + this.chunkSize));
    }
  }

  /** The client sends a frame: text as a packet's text, bytes as a binary message. */
  async send(frame: string | Uint8Array): Promise<void> {
    const data = typeof frame === "string" ? Buffer.from(frame) : frame;
    const header = encodeStreamFrame({ type: "message", data })[0].slice();
    if (typeof frame === "string") header[0] = (header[0] as number) & 127;
    await this.write(Buffer.concat([header, data]));
  }

  /** The client ends its stream. */
  async end(): Promise<void> {
    await this.#writer.close();
  }

  /** The next packet that the server sends: as text with its type, or the bytes of a binary message. */
  async next(): Promise<string | Uint8Array> {
    while (this.#packets.length === 0) {
      const { done, value } = await this.#reader.read();
      if (done) return "closed";
      for (const { type, data } of this.#decoder.push(value)) {
        const digit = ["open", "close", "ping", "pong", "message", "upgrade", "noop"].indexOf(type);
        this.#packets.push(typeof data === "object" ? (data as Uint8Array) : `${digit}${data ?? ""}`);
      }
    }
    return this.#packets.shift() as string | Uint8Array;
  }
}
