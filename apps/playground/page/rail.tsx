/** The rooms, and who is in the present one. */
import { usePresence } from "@sockeye/react";
import type { ReactNode } from "react";
import { ROOMS, type RoomId, type User } from "../src/events.ts";
import { Face } from "./face.tsx";
import type { Messages } from "./use-messages.ts";

interface RailProps {
  room: RoomId;
  user: User;
  unread: Messages["unread"];
  choose(room: RoomId): void;
}

export function Rail({ room, user, unread, choose }: RailProps): ReactNode {
  const { members } = usePresence<User>(room);
  return (
    <section className="rail" aria-label="Rooms and people">
      <h2 id="rooms">Rooms</h2>
      <ul aria-labelledby="rooms" className="rooms">
        {ROOMS.map(({ id, title }) => (
          <li key={id}>
            <button type="button" aria-current={id === room ? "true" : undefined} onClick={() => choose(id)}>
              {title}
              {!!unread[id]?.size && (
                <span className="badge">
                  {unread[id].size}
                  <span className="unseen"> unread</span>
                </span>
              )}
            </button>
          </li>
        ))}
      </ul>
      <h2 id="people">Who is here</h2>
      <ul aria-labelledby="people" className="people">
        {members.map((member) => (
          <li key={member.id}>
            <Face of={member} />
            <span>
              {member.name}
              {member.id === user.id && <small> (you)</small>}
            </span>
            {member.connections > 1 && <small>{member.connections} tabs</small>}
          </li>
        ))}
      </ul>
    </section>
  );
}
