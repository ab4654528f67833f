/** The transports by name. */
import { Polling } from "./polling.ts";
import { WebSocket } from "./websocket.ts";
import { WebTransport } from "./webtransport.ts";

export const transports: {
  polling: typeof Polling;
  websocket: typeof WebSocket;
  webtransport: typeof WebTransport;
} = { polling: Polling, websocket: WebSocket, webtransport: WebTransport };
