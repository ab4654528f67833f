/** The lists on an HTTP server: everybody who looks at one sees it change. */
import { randomUUID } from "node:crypto";
import type { Server as HttpServer } from "node:http";
import { type DefaultEventsMap, rooms, Server } from "@sockeye/server";
import type { ClientToServer, Item, ServerToClient } from "../src/events.ts";

type Lists = Server<ClientToServer, ServerToClient, DefaultEventsMap, { name: string }>;

const isText = (value: unknown, longest: number): value is string =>
  typeof value === "string" && value.trim() !== "" && value.length <= longest;

export function serve(http: HttpServer): Lists {
  const io: Lists = new Server(http, { connectionStateRecovery: {} });
  // A database would be here.
  const lists = new Map(["groceries", "hardware"].map((list) => [list, new Map<string, Item>()]));
  io.use((socket, next) => {
    const { name } = socket.handshake.auth;
    if (!isText(name, 40)) return next(new Error("A name of 1 to 40 characters is needed"));
    socket.data.name = name;
    next();
  });
  const members = rooms(io, { user: ({ data }) => ({ id: data.name }) });

  io.on("connection", (socket) => {
    const put = (list: string, item: Item): void => {
      lists.get(list)?.set(item.id, item);
      members.to(list).emit("item", list, item);
    };
    socket.on("items", (list, reply) => reply([...(lists.get(list)?.values() ?? [])]));
    socket.on("add", (list, text, reply) => {
      if (!lists.has(list)) return reply({ error: "There is no such list" });
      if (!isText(text, 80)) return reply({ error: "An item is 1 to 80 characters long" });
      put(list, { id: randomUUID(), text, done: false, by: socket.data.name });
      reply({});
    });
    socket.on("toggle", (list, id) => {
      const item = lists.get(list)?.get(id);
      if (item) put(list, { ...item, done: !item.done });
    });
  });
  return io;
}
