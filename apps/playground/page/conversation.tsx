/** What is said in a room. */
import { type ReactNode, useEffect, useLayoutEffect, useRef, useState } from "react";
import { ROOMS, type RoomId, type User } from "../src/events.ts";
import { Bubble } from "./bubble.tsx";
import { Composer } from "./composer.tsx";
import { chat } from "./socket.ts";
import type { Messages } from "./use-messages.ts";

/** How long somebody counts as typing after a key, in milliseconds. */
const TYPING = 3000;

interface ConversationProps {
  room: RoomId;
  user: User;
  messages: Messages;
}

export function Conversation({ room, user, messages: { list, send } }: ConversationProps): ReactNode {
  const { title, topic } = ROOMS.find(({ id }) => id === room) ?? ROOMS[0];
  const end = useRef<HTMLDivElement>(null);
  const last = list.at(-1)?.id;
  // biome-ignore lint/correctness/useExhaustiveDependencies: a new message is what it follows
  useLayoutEffect(() => void end.current?.scrollTo({ top: end.current.scrollHeight }), [last]);
  const typing = useTyping(room, user);
  return (
    <section className="conversation" aria-labelledby="room">
      <div className="title">
        <h2 id="room">{title}</h2>
        <p>{topic}</p>
      </div>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls is reached by keyboard */}
      <div className="scroll" ref={end} tabIndex={0} role="log" aria-label="Messages">
        {list.length === 0 && <p className="empty">Nothing has been said here yet.</p>}
        <ul aria-label={`Messages in ${title}`}>
          {list.map((entry) => (
            <Bubble key={entry.id} entry={entry} mine={entry.from.id === user.id} />
          ))}
        </ul>
      </div>
      <p className="typing" aria-live="polite">
        {typing.length > 0 && `${typing.join(" and ")} ${typing.length > 1 ? "are" : "is"} typing…`}
      </p>
      <Composer room={room} send={send} />
    </section>
  );
}

/** The names of who is typing. */
function useTyping(room: RoomId, user: User): string[] {
  const [typists, setTypists] = useState<ReadonlyMap<string, User & { until: number }>>(new Map());
  const stop = (id: string): void =>
    setTypists((before) => new Map([...before].filter(([each]) => each !== id)));
  chat.useSocketEvent("typing", (where, by) => {
    if (where !== room || by.id === user.id) return;
    setTypists((before) => new Map(before).set(by.id, { ...by, until: Date.now() + TYPING }));
  });
  chat.useSocketEvent("message", ({ from }) => stop(from.id));
  useEffect(() => {
    if (!typists.size) return;
    const first = Math.min(...[...typists.values()].map(({ until }) => until));
    const timer = setTimeout(
      () => setTypists((before) => new Map([...before].filter(([, { until }]) => until > first))),
      first - Date.now(),
    );
    return () => clearTimeout(timer);
  }, [typists]);
  return [...typists.values()].map(({ name }) => name);
}
