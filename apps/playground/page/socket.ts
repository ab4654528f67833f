/** The hooks, typed by the playground's events. */
import { createSocketContext, type SocketContext } from "@sockeye/react";
import type { ClientToServer, ServerToClient } from "../src/events.ts";

export const chat: SocketContext<ServerToClient, ClientToServer> = createSocketContext("ChatProvider");
