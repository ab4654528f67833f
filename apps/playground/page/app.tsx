/** The whole page: asks for a name, connects, and lays out its parts. */
import { type ReactNode, useState } from "react";
import { ROOMS, type RoomId, type User } from "../src/events.ts";
import { ConnectionBar } from "./connection-bar.tsx";
import { Conversation } from "./conversation.tsx";
import { newId, remember, remembered } from "./identity.ts";
import { Lab } from "./lab.tsx";
import { Rail } from "./rail.tsx";
import { chat } from "./socket.ts";
import { useMessages } from "./use-messages.ts";

/** This tab, for the server's ways to break things. */
const TAB = { tab: newId() };
const OPTIONS = {
  reconnectionDelay: 1000,
  reconnectionDelayMax: 5000,
  randomizationFactor: 0.2,
  timeout: 5000,
};
const VIEWS = ["Rooms", "Chat", "Lab"] as const;

export function App(): ReactNode {
  const [user, setUser] = useState<User>();
  if (!user) return <Gate enter={setUser} />;
  return (
    <chat.WebSocketProvider auth={{ user }} query={TAB} options={OPTIONS}>
      <Shell user={user} />
    </chat.WebSocketProvider>
  );
}

function Gate({ enter }: { enter: (user: User) => void }): ReactNode {
  const [name, setName] = useState(() => remembered()?.name ?? "");
  return (
    <main className="gate">
      <form
        onSubmit={(event) => {
          event.preventDefault();
          if (name.trim()) enter(remember(name.trim()));
        }}
      >
        <p className="brand">sockeye</p>
        <h1>A chat that you may break.</h1>
        <p>Cut its connection, silence its server, restart it. Then watch every message arrive, once.</p>
        <label>
          Your name
          <input value={name} maxLength={40} required onChange={(event) => setName(event.target.value)} />
        </label>
        <button type="submit" className="primary">
          Enter
        </button>
      </form>
    </main>
  );
}

function Shell({ user }: { user: User }): ReactNode {
  const [room, setRoom] = useState<RoomId>("lobby");
  const [view, setView] = useState<(typeof VIEWS)[number]>("Chat");
  const messages = useMessages(user, room);
  const unread = ROOMS.reduce((sum, { id }) => sum + (messages.unread[id]?.size ?? 0), 0);
  return (
    <div className="shell" data-view={view}>
      <ConnectionBar />
      <main>
        <Rail
          room={room}
          user={user}
          unread={messages.unread}
          choose={(next) => {
            setRoom(next);
            messages.open(next);
            setView("Chat");
          }}
        />
        <Conversation key={room} room={room} user={user} messages={messages} />
        <Lab waiting={messages.waiting} />
      </main>
      <nav className="views" aria-label="Views">
        {VIEWS.map((each) => (
          <button type="button" key={each} aria-pressed={view === each} onClick={() => setView(each)}>
            {each}
            {each === "Rooms" && unread > 0 && <span className="badge">{unread}</span>}
          </button>
        ))}
      </nav>
    </div>
  );
}
