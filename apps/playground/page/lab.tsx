/** The ways to break things, what they do, and what crosses the wire meanwhile. */
import { type Recording, record } from "@sockeye/devtools";
import { WirePanel } from "@sockeye/devtools/react";
import { type ReactNode, useEffect, useState } from "react";
import type { Break } from "../src/events.ts";
import { chat } from "./socket.ts";

const WAYS: { how: Break; title: string; what: string }[] = [
  {
    how: "drop",
    title: "Drop the connection",
    what: "The server destroys this tab's sockets, without a word.",
  },
  {
    how: "offline",
    title: "Go offline for a while",
    what: "The server also cuts off each attempt of this tab.",
  },
  {
    how: "silence",
    title: "Silence the server",
    what: "The connection stays, but nothing comes by it any more. The client notices.",
  },
  { how: "restart", title: "Restart the server", what: "It closes for everybody, and comes back." },
];

export function Lab({ waiting }: { waiting: number }): ReactNode {
  const socket = chat.useSocket();
  const { status } = chat.useConnection();
  const recording = useRecording();
  const [note, setNote] = useState("");
  const run = async ({ how, title }: (typeof WAYS)[number]): Promise<void> => {
    setNote(title);
    const refusal = await socket.emitWithAck("break", how).catch(() => undefined);
    if (refusal) setNote(refusal.error);
  };
  return (
    <section className="lab" aria-labelledby="lab">
      <h2 id="lab">Break things</h2>
      <ul className="ways">
        {WAYS.map((way) => (
          <li key={way.how}>
            <button
              type="button"
              aria-describedby={`what-${way.how}`}
              disabled={status !== "connected"}
              onClick={() => run(way)}
            >
              {way.title}
            </button>
            <p id={`what-${way.how}`}>{way.what}</p>
          </li>
        ))}
      </ul>
      <p className="note" aria-live="polite">
        {waiting > 0
          ? `${waiting} ${waiting === 1 ? "message waits" : "messages wait"} for the connection.`
          : note && `Last: ${note}`}
      </p>
      <h2 id="wire">On the wire</h2>
      <WirePanel recording={recording} className="wire" />
    </section>
  );
}

/** What crosses the wire of this page from now on. */
function useRecording(): Recording | undefined {
  const socket = chat.useSocket();
  const [recording, setRecording] = useState<Recording>();
  useEffect(() => {
    const made = record(socket, { limit: 2000 });
    setRecording(made);
    return made.stop;
  }, [socket]);
  return recording;
}
