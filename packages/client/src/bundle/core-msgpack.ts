/** socket.io.msgpack.js: the core as a script that speaks MessagePack. */
import { lookupWith } from "../connect.ts";
import { Manager as JsonManager, protocol, Socket } from "../core.ts";
import { publish } from "./publish.ts";
import { withMsgpack } from "./with-msgpack.ts";

class Manager extends JsonManager {
  constructor(...args: Parameters<typeof withMsgpack>) {
    super(...withMsgpack(...args));
  }
}

const io = lookupWith(Manager);
publish("io", Object.assign(io, { io, connect: io, Manager, Socket, protocol }));
