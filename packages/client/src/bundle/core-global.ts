/** socket.io.js: the core as a script. */
import { io, Manager, protocol, Socket } from "../core.ts";
import { publish } from "./publish.ts";

publish("io", Object.assign(io, { io, connect: io, Manager, Socket, protocol }));
