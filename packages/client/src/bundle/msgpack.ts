/** socket.io.msgpack.js: the client as a script that speaks MessagePack. */
import { lookupWith } from "../connect.ts";
import { Manager as JsonManager, observe, protocol, Socket } from "../index.ts";
import { msgpackParser } from "../msgpack.ts";
import type { ManagerOptions } from "../options.ts";
import { publish } from "./publish.ts";

class Manager extends JsonManager {
  constructor(uri?: string | Partial<ManagerOptions>, opts?: Partial<ManagerOptions>) {
    const given = (typeof uri === "object" ? uri : opts) ?? {};
    given.parser ??= msgpackParser;
    super(typeof uri === "string" ? uri : undefined, given);
  }
}

const io = lookupWith(Manager);
publish("io", Object.assign(io, { io, connect: io, Manager, Socket, protocol, observe }));
