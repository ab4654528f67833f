/** All messages of this page, by room: what the server tells, and what still waits to be told to it. */
import type { EmitError } from "@sockeye/client";
import { useRoom } from "@sockeye/react";
import { useCallback, useEffect, useRef, useState } from "react";
import type { Draft, Message, Receipt, RoomId, User } from "../src/events.ts";
import { newId } from "./identity.ts";
import { chat } from "./socket.ts";

/** `waiting`: not yet acknowledged by the server; `failed`: refused by it, for the reason in `error`. */
export type Entry = Message & { state: "waiting" | "sent" | "failed"; error?: string };

type All = ReadonlyMap<string, Entry>;

const merge = <T extends { id: string }>(before: T[], after: T[]): T[] => [
  ...new Map([...before, ...after].map((each) => [each.id, each])).values(),
];

/** A message may come more than once, by history and by event: it is one all the same. */
function take(all: All, messages: Message[]): All {
  const next = new Map(all);
  for (const message of messages) {
    const known = next.get(message.id);
    const received = merge(known?.received ?? [], message.received);
    next.set(message.id, {
      ...message,
      received,
      read: merge(known?.read ?? [], message.read),
      state: "sent",
    });
  }
  return next;
}

const change = (all: All, id: string, by: (entry: Entry) => Partial<Entry>): All => {
  const entry = all.get(id);
  return entry ? new Map(all).set(id, { ...entry, ...by(entry) }) : all;
};

export interface Messages {
  list: Entry[];
  /** How many have not reached the server, in all rooms. */
  waiting: number;
  unread: Partial<Record<RoomId, ReadonlySet<string>>>;
  send(content: Pick<Draft, "text" | "image">): void;
  open(room: RoomId): void;
}

export function useMessages(user: User, room: RoomId): Messages {
  const socket = chat.useSocket();
  const { status } = useRoom(room);
  const [all, setAll] = useState<All>(new Map());
  const [unread, setUnread] = useState<Messages["unread"]>({});

  useEffect(() => {
    if (status !== "joined") return;
    socket.emitWithAck("history", room).then(
      (answer) => Array.isArray(answer) && setAll((before) => take(before, answer)),
      // The connection is lost: the next one joins again, and asks again.
      () => {},
    );
  }, [socket, status, room]);
  chat.useSocketEvent("message", (message) => setAll((before) => take(before, [message])));
  chat.useSocketEvent("receipt", ({ ids, kind }, by) =>
    setAll((before) =>
      ids.reduce(
        (next, id) =>
          change(next, id, ({ received, read }) => ({
            received: merge(received, [by]),
            read: kind === "read" ? merge(read, [by]) : read,
          })),
        before,
      ),
    ),
  );
  chat.useSocketEvent("activity", (where, id) => {
    if (where !== room) setUnread((before) => ({ ...before, [where]: new Set(before[where]).add(id) }));
  });

  const send = useCallback(
    async (content: Pick<Draft, "text" | "image">) => {
      const draft: Draft = { id: newId(), room, ...content };
      const entry: Entry = { ...draft, from: user, at: Date.now(), received: [], read: [], state: "waiting" };
      setAll((before) => new Map(before).set(draft.id, entry));
      const settle = (by: Partial<Entry>): void => setAll((before) => change(before, draft.id, () => by));
      for (;;) {
        try {
          const answer = await socket.emitWithAck("message", draft);
          return "error" in answer
            ? settle({ state: "failed", error: answer.error })
            : settle({ ...answer, state: "sent" });
        } catch (error) {
          // Lost under way, nobody knows how far it came: again. The server knows it by its id.
          if ((error as EmitError).code === "ERR_DISCONNECTED") continue;
          return settle({ state: "failed", error: (error as Error).message });
        }
      }
    },
    [socket, user, room],
  );

  const entries = [...all.values()];
  const list = entries
    .filter((entry) => entry.room === room)
    .sort((a, b) => Number(a.state === "waiting") - Number(b.state === "waiting") || a.at - b.at);
  useReceipts(user, room, list);
  const open = (next: RoomId): void => setUnread((before) => ({ ...before, [next]: new Set() }));
  return { list, unread, send, open, waiting: entries.filter(({ state }) => state === "waiting").length };
}

/** Tells that messages have come, and that somebody has had them before their eyes. */
function useReceipts(user: User, room: RoomId, list: Entry[]): void {
  const emit = chat.useEmit();
  const told = useRef(new Set<string>());
  const [visible, setVisible] = useState(!document.hidden);
  useEffect(() => {
    const look = (): void => setVisible(!document.hidden);
    document.addEventListener("visibilitychange", look);
    return () => document.removeEventListener("visibilitychange", look);
  }, []);
  useEffect(() => {
    const kind: Receipt["kind"] = visible ? "read" : "received";
    const ids = list
      .filter((entry) => entry.from.id !== user.id && !entry[kind].some(({ id }) => id === user.id))
      .map(({ id }) => id)
      .filter((id) => !told.current.has(`${kind} ${id}`));
    for (const id of ids) told.current.add(`${kind} ${id}`);
    if (ids.length) emit("receipt", { room, ids, kind });
  }, [emit, user, room, list, visible]);
}
