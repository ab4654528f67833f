/** sockeye.msgpack.js: the client as a script that speaks MessagePack, with all that Sockeye adds. */
import { lookupWith } from "../connect.ts";
import { Manager as JsonManager, observe, protocol, Socket } from "../index.ts";
import { publish } from "./publish.ts";
import { withMsgpack } from "./with-msgpack.ts";

class Manager extends JsonManager {
  constructor(...args: Parameters<typeof withMsgpack>) {
    super(...withMsgpack(...args));
  }
}

const io = lookupWith(Manager);
publish("io", Object.assign(io, { io, connect: io, Manager, Socket, protocol, observe }));
