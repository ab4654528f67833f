/** The app of the browser tests. */
import { usePresence, useRoom, useSuspenseConnection } from "@sockeye/react";
import { type ComponentType, lazy, type ReactNode, Suspense, useEffect, useState } from "react";
import { chat, settings } from "./chat.ts";

const TITLE = "version one";

export interface AppProps {
  /** The query of the page's address. */
  search: string;
  /** Loads the part that comes late; a server may take its time. */
  late: () => Promise<{ default: ComponentType }>;
}

let Late: ComponentType | undefined;

export function App({ search, late }: AppProps): ReactNode {
  const { url, name } = settings(search);
  Late ??= lazy(late);
  return (
    <chat.WebSocketProvider url={url} auth={{ name }} options={{ transports: ["websocket"] }}>
      {/* Outside of any element, React's server would wait whether the late part brings a <head>. */}
      <main>
        <h1>{TITLE}</h1>
        <Status />
        <Counter />
        <Lobby />
        <Own />
        <Suspense fallback={<p>late is loading</p>}>
          <Late />
        </Suspense>
        <Suspense fallback={<p>no connection yet</p>}>
          <Connected />
        </Suspense>
      </main>
    </chat.WebSocketProvider>
  );
}

function Status(): ReactNode {
  const { status } = chat.useConnection();
  const { emit, data } = chat.useAck("add");
  useEffect(() => void emit(1, 2), [emit]);
  return (
    <p>
      status: {status}, sum: {data ?? "?"}
    </p>
  );
}

function Counter(): ReactNode {
  const [clicks, setClicks] = useState(0);
  const ticks = chat.useSocketState("tick", (sum, n) => sum + n, 0);
  return (
    <button type="button" onClick={() => setClicks(clicks + 1)}>
      clicks: {clicks}, ticks: {ticks}
    </button>
  );
}

function Lobby(): ReactNode {
  const { status } = useRoom("lobby");
  const { members } = usePresence("lobby");
  return (
    <p>
      lobby: {status}, {members.map(({ id, connections }) => `${id} ${String(connections)}`).join(", ")}
    </p>
  );
}

/** Is a provider itself, for another namespace. */
function Own(): ReactNode {
  const { status } = chat.useWebSocketConnect({ namespace: "/own" });
  return <p>own: {status}</p>;
}

function Connected(): ReactNode {
  return <p>suspense: {useSuspenseConnection().status}</p>;
}
