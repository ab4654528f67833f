/** Packets as WebSocket frames. */
import type { Untyped } from "@sockeye/core";
import { Transport } from "../engine/transport.ts";
import { type EnginePacket, encodePacket, encodeText, type RawData } from "../wire/engine.ts";

/** Over any object with the interface of the platform's WebSocket. */
export abstract class BaseWebSocket extends Transport {
  declare protected ws: Untyped;

  get name(): string {
    return "websocket";
  }

  doOpen(): void {
    const { opts } = this;
    try {
      this.ws = this.createSocket(this.uri_("ws", opts.timestampRequests), opts.protocols, opts);
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
      this.doWrite(packet, this.supportsBinary ? encodePacket(packet) : await encodeText(packet));
    }
    // Never within this call: who writes may have more to say.
    queueMicrotask(() => this.drained_());
  }

  doClose(): void {
    this.ws?.close();
  }

  abstract createSocket(uri: string, protocols: string | string[] | undefined, opts: Untyped): Untyped;
  abstract doWrite(packet: EnginePacket, data: RawData): unknown;
}

/** The platform's WebSocket: browsers, Bun, Deno, Node.js 22 and later. */
export class WebSocket extends BaseWebSocket {
  createSocket(uri: string, protocols: string | string[] | undefined, _opts: Untyped): Untyped {
    return new globalThis.WebSocket(uri, protocols);
  }

  doWrite(_packet: EnginePacket, data: RawData): void {
    this.ws.send(data);
  }
}
