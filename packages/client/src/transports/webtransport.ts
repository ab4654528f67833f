/** Packets on one bidirectional stream of a WebTransport session (HTTP/3). */
import type { Untyped } from "@sockeye/core";
import { Transport } from "../engine/transport.ts";
import { type EnginePacket, encodeStream, readStream } from "../wire/engine.ts";

/** Engine.IO protocol 4.1, "WebTransport". */
export class WebTransport extends Transport {
  declare private session_: Untyped;
  declare private writer_: Untyped;

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
    this.writer_ = writable.getWriter();
    await this.write_([{ type: "open", data: sid && JSON.stringify({ sid }) }]);
    this.onOpen();
    for await (const packet of readStream(readable.getReader(), this.toBinary_)) this.onPacket(packet);
  }

  private async write_(packets: EnginePacket[]): Promise<void> {
    for await (const bytes of encodeStream(packets)) await this.writer_.write(bytes);
  }

  write(packets: EnginePacket[]): void {
    this.writable = false;
    // When the session ends, that is what is reported.
    this.write_(packets).then(
      () => this.drained_(),
      () => {},
    );
  }

  doClose(): void {
    this.session_?.close();
  }
}
