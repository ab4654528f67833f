/** Our server over its own WebSocket layer, or with the argument `ws` over that package. */
import { createServer } from "node:http";
import { Server } from "@sockeye/server";
import { WebSocketServer } from "ws";
import { versionOf } from "../versions.mjs";
import { serve } from "./app.mjs";
import { listen } from "./control.mjs";

const overWs = process.argv[2] === "ws";
const httpServer = createServer();
const io = new Server(httpServer, { serveClient: false, ...(overWs && { wsEngine: WebSocketServer }) });
const layer = overWs ? ` over ws ${versionOf("ws")}` : "";
listen(`@sockeye/server ${versionOf("@sockeye/server")}${layer}`, httpServer, serve(io));
