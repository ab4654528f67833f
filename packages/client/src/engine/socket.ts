/** The engine client of browsers, with all transports. */
import { Polling } from "../transports/polling.ts";
import { WebSocket } from "../transports/websocket.ts";
import { WebTransport } from "../transports/webtransport.ts";
import type { EngineOptions } from "./options.ts";
import { Session } from "./session.ts";

/** The transports by name, in the order in which they are tried. */
export const transports: {
  polling: typeof Polling;
  websocket: typeof WebSocket;
  webtransport: typeof WebTransport;
} = { polling: Polling, websocket: WebSocket, webtransport: WebTransport };

/** A connection to an Engine.IO server: opened on long-polling, moved to something better. */
export class Socket extends Session {
  constructor(uri?: string | EngineOptions, opts?: EngineOptions) {
    super(typeof uri === "string" ? uri : undefined, typeof uri === "object" ? uri : opts, transports);
  }
}
