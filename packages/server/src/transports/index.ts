/** The transports by name. */
import { Polling } from "./polling.ts";
import { WebSocket } from "./websocket.ts";

export const transports: { polling: typeof Polling; websocket: typeof WebSocket } = {
  polling: Polling,
  websocket: WebSocket,
};
