/** WebTransport: packets behind length headers on one bidirectional stream (Engine.IO v4.1). */
import {
  type DecodedEnginePacket,
  encodeStreamFrame,
  type FrameStreamDecoder,
  ProtocolError,
} from "@sockeye/protocol";
import { PayloadTooLargeError } from "../engine/payload-limit.ts";
import type { EngineRequest } from "../engine/request.ts";
import { type Packet, Transport } from "../engine/transport.ts";
import { plainPackets } from "./wire.ts";

/** The reading end of a stream, as of the Streams API. */
export interface ReaderLike<Value> {
  read(): Promise<{ done: boolean; value?: Value | undefined }>;
}

export interface ReadableLike<Value> {
  getReader(): ReaderLike<Value>;
}

/** The writing end of a stream, as of the Streams API. */
export interface WriterLike {
  write(chunk: Uint8Array): Promise<void>;
  close(): Promise<void>;
}

export interface BidirectionalStreamLike {
  readonly readable: ReadableLike<Uint8Array>;
  readonly writable: { getWriter(): WriterLike };
}

/** A session of the WebTransport API, whoever implements it. */
export interface WebTransportSessionLike {
  readonly incomingBidirectionalStreams: ReadableLike<BidirectionalStreamLike>;
  readonly closed: Promise<unknown>;
  close(info?: { closeCode?: number; reason?: string }): void;
}

/** What was opened: the stream, and how far it has been read. */
export interface OpenedStream {
  readonly reader: ReaderLike<Uint8Array>;
  readonly writer: WriterLike;
  readonly decoder: FrameStreamDecoder;
  /** Packets that came together with the first one. */
  readonly early: DecodedEnginePacket[];
}

const flushLater = (transport: WebTransport): void => transport.flush();

export class WebTransport extends Transport {
  readonly #session: WebTransportSessionLike;
  readonly #stream: OpenedStream;
  readonly #maxPayload: number;
  #queue: Uint8Array[] = [];
  #buffered = 0;

  constructor(
    request: EngineRequest,
    session: WebTransportSessionLike,
    stream: OpenedStream,
    maxPayload: number,
  ) {
    super(request);
    this.#session = session;
    this.#stream = stream;
    this.#maxPayload = maxPayload;
    this.writable = true;
    session.closed.then(
      () => this.onClose(),
      (error: unknown) => this.onClose(error),
    );
  }

  get name(): string {
    return "webtransport";
  }

  override get bufferedAmount(): number {
    return this.#buffered;
  }

  override send(packets: Packet[]): void {
    if (this.#queue.length === 0) setImmediate(flushLater, this);
    for (const packet of plainPackets(packets)) {
      for (const bytes of encodeStreamFrame(packet)) {
        this.#queue.push(bytes);
        this.#buffered += bytes.byteLength;
      }
    }
  }

  /** Writes what was sent in this turn as one chunk. */
  flush(): void {
    if (this.#queue.length === 0) return;
    const chunk = Buffer.concat(this.#queue);
    this.#queue = [];
    this.#stream.writer.write(chunk).then(
      () => this.#onWritten(chunk.byteLength),
      (error: unknown) => this.#onFailed("the stream could not be written to", error),
    );
  }

  #onWritten(bytes: number): void {
    this.#buffered -= bytes;
    if (this.#buffered === 0 && this._readyState === "open") this.onDrain();
  }

  #onFailed(message: string, error: unknown): void {
    if (this._readyState === "open") this.onError(message, error);
  }

  /** Begins to deliver what arrives; the owner must be set. */
  async start(): Promise<void> {
    this.#deliver(this.#stream.early.splice(0));
    for (let packets = await this.#read(); packets; packets = await this.#read()) this.#deliver(packets);
  }

  async #read(): Promise<DecodedEnginePacket[] | undefined> {
    try {
      const { done, value } = await this.#stream.reader.read();
      if (!done) return value ? this.#stream.decoder.push(value) : [];
      this.onClose();
    } catch (error) {
      if (error instanceof ProtocolError) this.#refuse(error);
      else this.#onFailed("the stream could not be read", error);
    }
    return undefined;
  }

  #refuse(error: ProtocolError): void {
    if (error.code === "ERR_TOO_LARGE") {
      this.fail("transport error", new PayloadTooLargeError(this.#maxPayload, error.size, error));
    } else this.fail("parse error", error);
  }

  #deliver(packets: DecodedEnginePacket[]): void {
    for (const packet of packets) {
      const { data } = packet;
      try {
        if (typeof data === "string" || data === undefined) this.onPacket(packet as Packet);
        else this.onMessage(toBuffer(data as Uint8Array));
      } catch (error) {
        // A listener's error is the program's, not the connection's.
        queueMicrotask(() => {
          throw error;
        });
      }
    }
  }

  override doClose(fn?: () => void): void {
    this.flush();
    const end = (): void => {
      this.#session.close();
    };
    this.#stream.writer.close().then(end, end);
    fn?.();
  }
}

function toBuffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
