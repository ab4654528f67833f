/** Packets as WebSocket frames. */
import type { Untyped } from "@sockeye/core";
import { Transport } from "../engine/transport.ts";
import {
  type EnginePacket,
  encodePacket,
  encodeText,
  type RawData,
  type WriteOptions,
} from "../wire/engine.ts";

/** On the platform's WebSocket: browsers, Bun, Deno, Node.js 22 and later; or on any object with its interface. */
export class WebSocket extends Transport {
  declare protected ws: Untyped;

  get name(): string {
    return "websocket";
  }

  doOpen(): void {
    const { opts } = this;
    try {
      this.ws = this.connect_(this.uri_("ws", opts.timestampRequests), opts.protocols);
    } catch (error) {
      this.emitReserved("error", error as Untyped);
      return;
    }
    Object.assign(this.ws, {
      binaryType: "arraybuffer",
      onopen: () => this.onOpen(),
      onclose: (context: unknown) => this.onClose({ description: "websocket connection closed", context }),
      onmessage: ({ data }: { data: RawData }) => this.onData(data),
      onerror: (event: unknown) => this.onError("websocket error", event),
    });
  }

  async write(packets: EnginePacket[]): Promise<void> {
    this.writable = false;
    for (const packet of packets) {
      this.frame_(this.supportsBinary ? encodePacket(packet) : await encodeText(packet), packet.options);
    }
    // Never within this call: who writes may have more to say.
    queueMicrotask(() => this.drained_());
  }

  doClose(): void {
    this.ws?.close();
  }

  /** @internal */
  connect_(uri: string, protocols: string | string[] | undefined): Untyped {
    return new globalThis.WebSocket(uri, protocols);
  }

  /** @internal Writes one frame. */
  frame_(data: RawData, _options: WriteOptions | undefined): void {
    this.ws.send(data);
  }
}
