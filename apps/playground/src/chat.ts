/** A chat room server: who is where, what was said, and who has seen it. */
import { randomUUID } from "node:crypto";
import type { DefaultEventsMap, Server, Socket } from "@sockeye/server";
import type { ClientToServer, Draft, Message, Person, Refusal, ServerToClient } from "./events.ts";

export type ChatServer = Server<ClientToServer, ServerToClient, DefaultEventsMap, Person>;
type ChatSocket = Socket<ClientToServer, ServerToClient, DefaultEventsMap, Person>;

const HISTORY_LENGTH = 50;
const MAX_ROOMS = 1000;
/** How long a client may take to show a message before it counts as not shown, in milliseconds. */
const SHOWN_WITHIN = 5000;

const isLabel = (value: unknown): value is string =>
  typeof value === "string" && /\S/.test(value) && value.length <= 40;

/** Lets a chat happen on `io`. A client says who it is and where with `auth: { name, room }`. */
export function chat(io: ChatServer): void {
  const histories = new Map<string, Message[]>();

  io.use((socket, next) => {
    const { name, room } = socket.handshake.auth;
    if (!isLabel(name)) return next(new Error("A name of 1 to 40 characters is needed"));
    if (!isLabel(room)) return next(new Error("A room of 1 to 40 characters is needed"));
    socket.data = { name: name.trim(), room: room.trim() };
    next();
  });

  io.on("connection", async (socket) => {
    const { name, room } = socket.data;

    socket.on("message", (draft, done) => {
      if (typeof done !== "function") return;
      const message = complete(socket.data, draft);
      if ("error" in message) return done(message);
      remember(message);
      done({ id: message.id, at: message.at });
      return deliver(socket, message);
    });

    socket.on("typing", () => {
      socket.to(room).volatile.emit("typing", name);
    });

    socket.on("disconnect", () => announce(room));

    await socket.join(room);
    socket.emit("welcome", await announce(room), histories.get(room) ?? []);
  });

  function remember(message: Message): void {
    const history = histories.get(message.room) ?? [];
    histories.delete(message.room);
    histories.set(message.room, [...history, message].slice(-HISTORY_LENGTH));
    // The map is in order of last use: the room that has been silent the longest is forgotten.
    for (const room of histories.keys()) if (histories.size > MAX_ROOMS) histories.delete(room);
  }

  async function deliver(socket: ChatSocket, message: Message): Promise<void> {
    const others = (await io.in(message.room).fetchSockets()).length - 1;
    if (others < 1) return;
    const shown = await new Promise<number>((resolve) => {
      socket
        .to(message.room)
        .timeout(SHOWN_WITHIN)
        .emit("message", message, (_late, answers) => resolve(answers.length));
    });
    socket.emit("delivered", message.id, shown, others);
  }

  async function announce(room: string): Promise<string[]> {
    const names = (await io.in(room).fetchSockets()).map((each) => each.data.name).sort();
    io.in(room).emit("people", names);
    return names;
  }
}

function complete({ room, name }: Person, draft: Draft): Message | Refusal {
  const base = { id: randomUUID(), room, from: name, at: Date.now() };
  if (typeof draft?.text === "string" && draft.text.length <= 4000) return { ...base, text: draft.text };
  const image = draft?.image;
  if (typeof image?.type === "string" && image.type.startsWith("image/") && image.bytes instanceof Uint8Array)
    return { ...base, image: { type: image.type, bytes: image.bytes } };
  return { error: "A message is a text of at most 4000 characters or an image" };
}
