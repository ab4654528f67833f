/** The chat: who is in which room, what was said, and whom it has reached. */
import { type DefaultEventsMap, type Rooms, rooms, type Server, type Socket } from "@sockeye/server";
import { isRoom, readDraft, readReceipt, readUser } from "./checks.ts";
import type { ClientToServer, Draft, Message, ServerToClient, SocketData } from "./events.ts";
import type { Histories } from "./histories.ts";

export type ChatServer = Server<ClientToServer, ServerToClient, DefaultEventsMap, SocketData>;
export type ChatSocket = Socket<ClientToServer, ServerToClient, DefaultEventsMap, SocketData>;

/** What was wrong with a message. */
const NO_DRAFT =
  "A message is a text of at most 4000 characters or an image of at most 1 MB, in one of the rooms";

/**
 * Lets a chat happen on `io`. A client says who it is with `auth: { user: { id, name } }`, and is believed.
 * @param node what this server is called, if it is one of several
 */
export function chat(io: ChatServer, histories: Histories, node?: string): void {
  io.use((socket, next) => {
    const user = readUser(socket.handshake.auth.user);
    if (!user) return next(new Error("A name of 1 to 40 characters is needed"));
    socket.data.user = user;
    next();
  });
  const members = rooms(io, { authorize: (_socket, room) => isRoom(room) });
  io.on("connection", (socket) => {
    hear(socket, members, histories, node);
    socket.on("pulse", (done) => {
      if (typeof done === "function") done(node);
    });
  });
}

function hear(socket: ChatSocket, members: Rooms, histories: Histories, node?: string): void {
  const { user } = socket.data;

  socket.on("history", (room, done) => {
    if (typeof done !== "function") return;
    done(isRoom(room) ? histories.list(room) : { error: "There is no such room" });
  });

  socket.on("message", (value, done) => {
    if (typeof done !== "function") return;
    const draft = readDraft(value);
    if (!draft) return done({ error: NO_DRAFT });
    const message = histories.get(draft.room, draft.id) ?? publish(draft);
    done({ at: message.at, ...(message.node && { node: message.node }) });
  });

  socket.on("receipt", (value) => {
    const receipt = readReceipt(value);
    const news = receipt && histories.note(receipt, user);
    if (news?.ids.length) socket.nsp.to(members.name(news.room)).emit("receipt", news, user);
  });

  socket.on("typing", (room) => {
    if (isRoom(room)) socket.to(members.name(room)).volatile.emit("typing", room, user);
  });

  /** Whoever sent it learns of it by the acknowledgement; the other tabs hear it as everybody does. */
  function publish(draft: Draft): Message {
    const message: Message = {
      ...draft,
      from: user,
      at: Date.now(),
      ...(node && { node }),
      received: [],
      read: [],
    };
    histories.add(message);
    socket.to(members.name(draft.room)).emit("message", message);
    socket.broadcast.emit("activity", draft.room, draft.id);
    return message;
  }
}
