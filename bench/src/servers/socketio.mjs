/** socket.io from npm, as its users start it. */
import { createServer } from "node:http";
import { Server } from "socket.io";
import { versionOf } from "../versions.mjs";
import { serve } from "./app.mjs";
import { listen } from "./control.mjs";

const httpServer = createServer();
const io = new Server(httpServer, { serveClient: false });
listen(`socket.io ${versionOf("socket.io")}`, httpServer, serve(io));
