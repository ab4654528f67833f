/** The provider and its hooks, typed by the events. */
import { createSocketContext } from "@sockeye/react";
import type { ClientToServer, ServerToClient } from "./events.ts";

export const { WebSocketProvider, useAck, useConnection, useEmit, useSocketEvent } = createSocketContext<
  ServerToClient,
  ClientToServer
>();
