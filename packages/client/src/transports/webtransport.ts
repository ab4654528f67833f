/** Packets on one bidirectional stream of a WebTransport session (HTTP/3). */
import type { Untyped } from "@sockeye/core";
import { Transport } from "../engine/transport.ts";
import { type EnginePacket, encodeStream, streamDecoder } from "../wire/engine.ts";

/** Engine.IO protocol 4.1, "WebTransport". */
export class WebTransport extends Transport {
  private session_: Untyped;
  private writer_: Untyped;

  get name(): string {
    return "webtransport";
  }

  doOpen(): void {
    // A platform without WebTransport fails like one that cannot connect.
    this.run_().then(
      () => this.onClose(),
      (error) => this.onError("webtransport error", error),
    );
  }

  private async run_(): Promise<void> {
    this.session_ = new (globalThis as Untyped).WebTransport(
      this.createUri("https"),
      this.opts.transportOptions?.[this.name],
    );
    await this.session_.ready;
    const { readable, writable } = await this.session_.createBidirectionalStream();
    const { sid } = this.query;
    const decode = streamDecoder(this.toBinary_);
    const reader = readable.getReader();
    this.writer_ = writable.getWriter();
    await this.write_([{ type: "open", data: sid && JSON.stringify({ sid }) }]);
    this.onOpen();
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      for (const packet of decode(value)) this.onPacket(packet);
    }
  }

  private async write_(packets: EnginePacket[]): Promise<void> {
    for (const bytes of await encodeStream(packets)) await this.writer_.write(bytes);
  }

  write(packets: EnginePacket[]): void {
    this.writable = false;
    // When the session ends, that is what is reported.
    this.write_(packets).then(this.drained_, () => {});
  }

  doClose(): void {
    this.session_?.close();
  }
}
