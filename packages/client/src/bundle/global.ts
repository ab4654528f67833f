/** sockeye.js: the client as a script, with all that Sockeye adds. */
import { io, Manager, observe, protocol, Socket } from "../index.ts";
import { publish } from "./publish.ts";

publish("io", Object.assign(io, { io, connect: io, Manager, Socket, protocol, observe }));
