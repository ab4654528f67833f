/** The page of the browser tests: a socket, its recording, and the panel as a custom element. */
import { io } from "@sockeye/client";
import { type Entry, type Recording, record } from "@sockeye/devtools";
import "@sockeye/devtools/element";

interface Scene {
  panel: HTMLElementTagNameMap["sockeye-devtools"];
  socket: ReturnType<typeof io>;
  recording: Recording;
  /** Shows a recording of this many made-up packets, with heartbeats among them. */
  load(count: number): void;
  /** Adds one more to what {@link load} made. */
  add(): void;
}

declare global {
  interface Window {
    scene: Scene;
  }
}

const socket = io({ auth: { token: "open sesame" }, reconnectionDelay: 300, forceNew: true });
const recording = record(socket);
const panel = document.createElement("sockeye-devtools");
panel.recording = recording;
document.querySelector("main")?.append(panel);

function fake(seq: number): Entry {
  const common = { seq, at: seq * 7.3, transport: "websocket" };
  if (seq % 50 === 49) return { ...common, kind: "frame", direction: "in", type: "ping", text: "", bytes: 1 };
  return {
    ...common,
    kind: "packet",
    direction: seq % 2 ? "in" : "out",
    type: "EVENT",
    namespace: seq % 3 ? "/" : "/admin",
    event: `event-${seq}`,
    id: undefined,
    text: `["event-${seq}",{"n":${seq}}]`,
    truncated: false,
    attachments: [],
    bytes: 30,
  };
}

let tell: (() => void) | undefined;
let entries: Entry[] = [];

/** A recording that stands still, of any length. */
function loaded(): Recording {
  return {
    ...recording,
    startedAt: Date.now(),
    subscribe(listener) {
      tell = listener;
      return () => {};
    },
    getSnapshot: () => ({ entries, state: "recording", dropped: 0, skipped: 0 }),
    toJSON: () => ({ version: 1, startedAt: "", dropped: 0, skipped: 0, entries }),
  };
}

window.scene = {
  panel,
  socket,
  recording,
  load(count) {
    entries = Array.from({ length: count }, (_, seq) => fake(seq));
    panel.recording = loaded();
  },
  add() {
    entries = [...entries, fake(entries.length)];
    tell?.();
  },
};
