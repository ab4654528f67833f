/** The platform's WebSocket in Node.js, Bun and Deno; `ws` where more is asked of it than it can do. */
import type { Untyped } from "@sockeye/core";
import { WebSocket as WsWebSocket } from "ws";
import type { RawData, WriteOptions } from "../wire/engine.ts";
import { connectionOptions, requestHeaders } from "./platform.node.ts";
import { WebSocket } from "./websocket.ts";

type SocketCtor = new (uri: string, protocols?: string | string[]) => Untyped;

export class NodeWebSocket extends WebSocket {
  /** @internal */
  override connect_(uri: string, protocols: string | string[] | undefined): Untyped {
    const { opts } = this;
    const Platform = (globalThis as { WebSocket?: SocketCtor }).WebSocket;
    const headers = requestHeaders(opts);
    const connection = connectionOptions(opts);
    const { perMessageDeflate, autoUnref } = opts;
    const plain = !Object.keys({ ...headers, ...connection }).length && !perMessageDeflate && !autoUnref;
    if (Platform && plain) return new Platform(uri, protocols);
    const ws = new WsWebSocket(uri, protocols ?? [], {
      ...connection,
      headers,
      perMessageDeflate: perMessageDeflate ?? { threshold: 1024 },
    });
    if (autoUnref) ws.on("upgrade", ({ socket }) => socket.unref());
    return ws;
  }

  override doOpen(): void {
    super.doOpen();
    // Without a copy; the session makes something else of it where it must.
    if (this.ws instanceof WsWebSocket) this.ws.binaryType = "nodebuffer";
  }

  /** @internal */
  override frame_(data: RawData, options: WriteOptions | undefined): void {
    if (this.ws instanceof WsWebSocket) this.ws.send(data, { compress: options?.compress !== false });
    else this.ws.send(data);
  }
}
