/** Packets on one bidirectional stream of a WebTransport session (HTTP/3). */
import { Transport } from "../engine/transport.ts";
import { type EnginePacket, encodeStream, streamDecoder } from "../wire/engine.ts";

/** The part of the platform's WebTransport that is used. */
interface Session {
  readonly ready: Promise<unknown>;
  readonly closed: Promise<unknown>;
  createBidirectionalStream(): Promise<{
    readable: ReadableStream<Uint8Array<ArrayBuffer>>;
    writable: WritableStream<Uint8Array<ArrayBuffer>>;
  }>;
  close(): void;
}

type SessionCtor = new (url: string, options?: unknown) => Session;

/** Engine.IO protocol 4.1, "WebTransport". */
export class WebTransport extends Transport {
  private session_: Session | undefined;
  private writer_: WritableStreamDefaultWriter<Uint8Array<ArrayBuffer>> | undefined;

  get name(): string {
    return "webtransport";
  }

  doOpen(): void {
    const failed = (error: unknown): unknown =>
      this.readyState === "closed" || this.onError("webtransport error", error);
    // A platform without WebTransport fails like one that cannot connect.
    this.run_().then(() => this.onClose(), failed);
  }

  private async run_(): Promise<void> {
    const Ctor = (globalThis as unknown as { WebTransport: SessionCtor }).WebTransport;
    const session = new Ctor(this.createUri("https"), this.opts.transportOptions?.[this.name]);
    this.session_ = session;
    await session.ready;
    const { readable, writable } = await session.createBidirectionalStream();
    this.writer_ = writable.getWriter();
    const reader = readable.getReader();
    const decode = streamDecoder(this.toBinary_);
    const { sid } = this.query;
    await this.write_([{ type: "open", data: sid && JSON.stringify({ sid }) }]);
    this.onOpen();
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      for (const packet of decode(value)) this.onPacket(packet);
    }
  }

  private async write_(packets: EnginePacket[]): Promise<void> {
    for (const bytes of await encodeStream(packets)) await this.writer_?.write(bytes);
  }

  write(packets: EnginePacket[]): void {
    this.writable = false;
    this.write_(packets).then(
      () => {
        this.writable = true;
        this.emitReserved("drain");
      },
      () => {}, // The end of the session is what is reported.
    );
  }

  doClose(): void {
    this.session_?.close();
  }
}
