/** The engine client of Node.js, Bun and Deno, with all transports. */
import type { Untyped } from "@sockeye/core";
import { CookieJar } from "../transports/cookie-jar.ts";
import { NodePolling } from "../transports/polling.node.ts";
import { NodeWebSocket } from "../transports/websocket.node.ts";
import { WebTransport } from "../transports/webtransport.ts";
import type { RawData } from "../wire/engine.ts";
import { unrefTimers } from "./clock.node.ts";
import type { BinaryType, EngineOptions } from "./options.ts";
import { Session } from "./session.ts";

/** The transports by name, in the order in which they are tried. */
export const transports: {
  polling: typeof NodePolling;
  websocket: typeof NodeWebSocket;
  webtransport: typeof WebTransport;
} = { polling: NodePolling, websocket: NodeWebSocket, webtransport: WebTransport };

/** A connection to an Engine.IO server: opened on long-polling, moved to something better. */
export class Socket extends Session {
  // The first request is under way when these are set; nothing has been received yet.
  override binaryType: BinaryType = "nodebuffer";
  /** Keeps the server's cookies, under `withCredentials`. */
  readonly _cookieJar: CookieJar | undefined = this.opts.withCredentials ? new CookieJar() : undefined;

  constructor(uri?: string | EngineOptions, opts?: EngineOptions) {
    const given = { ...(typeof uri === "object" ? uri : opts) };
    unrefTimers(given);
    super(typeof uri === "string" ? uri : undefined, given, transports);
  }

  /** @internal */
  override toBinary_(data: Untyped): RawData {
    const buffer = Buffer.isBuffer(data) ? data : Buffer.from(data);
    if (this.binaryType === "nodebuffer") return buffer;
    return super.toBinary_(Uint8Array.from(buffer).buffer);
  }
}
