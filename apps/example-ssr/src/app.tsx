/** The whole document, for the server and the browser alike. */
import { createSocketContext, usePresence, useRoom, useSuspenseConnection } from "@sockeye/react";
import { type ReactNode, Suspense } from "react";
import type { ClientToServer, PageData, ServerToClient } from "./events.ts";

const { WebSocketProvider, useConnection, useSocketState } = createSocketContext<
  ServerToClient,
  ClientToServer
>();

export function App({ headlines }: PageData): ReactNode {
  return (
    <html lang="en">
      <head>
        <meta charSet="utf-8" />
        <title>Headlines</title>
        <link rel="icon" href="data:," />
      </head>
      <body>
        {/* On the server it makes no connection; in the browser, the page's own server is meant. */}
        <WebSocketProvider>
          <main>
            <h1>Headlines</h1>
            <Status />
            <Headlines first={headlines} />
            <Suspense fallback={<p>Looking for other readers…</p>}>
              <Readers />
            </Suspense>
          </main>
        </WebSocketProvider>
      </body>
    </html>
  );
}

/** "connecting" in the server's HTML. */
function Status(): ReactNode {
  return <p role="status">{useConnection().status}</p>;
}

function Headlines({ first }: { first: readonly string[] }): ReactNode {
  const headlines = useSocketState("headline", (before, text) => [text, ...before], first);
  return (
    <ol>
      {headlines.map((text) => (
        <li key={text}>{text}</li>
      ))}
    </ol>
  );
}

/** Makes no sense without a connection: until there is one, the fallback stands here. */
function Readers(): ReactNode {
  useSuspenseConnection();
  useRoom("readers");
  const { members } = usePresence("readers");
  return <p>{members.length} reading</p>;
}
