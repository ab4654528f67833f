/** RFC 6455 for servers, on net.Socket. */
export { WebSocketError } from "./frame.ts";
export { PreparedFrames } from "./frame-writer.ts";
export type { PerMessageDeflateOptions, WebSocketServerOptions } from "./options.ts";
export type {
  AcceptOptions,
  ExtraHeaders,
  TimeSource,
  WebSocketConnection,
  WebSocketHandler,
} from "./port.ts";
export { guard, Refusal, refuse } from "./refusal.ts";
export { WebSocketServer } from "./server.ts";
