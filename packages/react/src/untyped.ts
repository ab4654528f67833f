/** The provider and the hooks for small apps: any event, with any arguments. */
import { createSocketContext } from "./create-socket-context.ts";
import type { SocketContext } from "./socket-context.ts";

const all: SocketContext = /* @__PURE__ */ createSocketContext();

export const WebSocketContext: SocketContext["WebSocketContext"] = all.WebSocketContext;
export const WebSocketProvider: SocketContext["WebSocketProvider"] = all.WebSocketProvider;
export const useAck: SocketContext["useAck"] = all.useAck;
export const useConnection: SocketContext["useConnection"] = all.useConnection;
export const useEmit: SocketContext["useEmit"] = all.useEmit;
export const useSocket: SocketContext["useSocket"] = all.useSocket;
export const useSocketEvent: SocketContext["useSocketEvent"] = all.useSocketEvent;
export const useSocketState: SocketContext["useSocketState"] = all.useSocketState;
export const useWebSocketConnect: SocketContext["useWebSocketConnect"] = all.useWebSocketConnect;
export const useWebSocketEventHandler: SocketContext["useWebSocketEventHandler"] =
  all.useWebSocketEventHandler;
