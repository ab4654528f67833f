/** What compiles, and what must not. */
import { io } from "@sockeye/client";
import {
  createSocketContext,
  type Present,
  usePresence,
  useRoom,
  useSocketEvent,
  useSuspenseConnection,
  WebSocketProvider,
} from "@sockeye/react";
import type { ReactElement } from "react";
import { expectTypeOf } from "vitest";

interface ServerToClient {
  message: (from: string, text: string) => void;
  count: (n: number) => void;
  sure: (question: string, reply: (yes: boolean) => void) => void;
}
interface ClientToServer {
  say: (text: string) => void;
  save: (doc: string, done: (revision: number) => void) => void;
  check: (done: (error: Error | null, ok: boolean) => void) => void;
}

const chat = createSocketContext<ServerToClient, ClientToServer>("ChatProvider");

export function Events(): null {
  chat.useSocketEvent("message", (from, text) => {
    expectTypeOf(from).toEqualTypeOf<string>();
    expectTypeOf(text).toEqualTypeOf<string>();
  });
  chat.useSocketEvent("sure", (_question, reply) => reply(true));
  chat.useSocketEvent("connect_error", (error) => expectTypeOf(error.message).toEqualTypeOf<string>());
  // @ts-expect-error there is no such event
  chat.useSocketEvent("massage", () => {});
  // @ts-expect-error the first argument is a string
  chat.useSocketEvent("message", (from: number) => from);
  // @ts-expect-error the reply is a boolean
  chat.useSocketEvent("sure", (_question, reply) => reply("yes"));
  // @ts-expect-error clients say this, servers do not
  chat.useSocketEvent("say", () => {});
  return null;
}

export function State(): null {
  const log = chat.useSocketState(
    "message",
    (before, from, text) => [...before, `${from}: ${text}`],
    [] as string[],
  );
  expectTypeOf(log).toEqualTypeOf<string[]>();
  const sum = chat.useSocketState(
    "count",
    (before: number, n) => before + n,
    () => 0,
  );
  expectTypeOf(sum).toEqualTypeOf<number>();
  // @ts-expect-error the state is a number
  chat.useSocketState("count", (before: number) => String(before), 0);
  // @ts-expect-error there is no such event
  chat.useSocketState("counts", (before: number) => before, 0);
  // @ts-expect-error it carries a number
  chat.useSocketState("count", (_: number, n: string) => n.length, 0);
  return null;
}

export function Emit(): null {
  const emit = chat.useEmit();
  emit("say", "hello");
  emit("save", "doc", (revision) => expectTypeOf(revision).toEqualTypeOf<number>());
  // @ts-expect-error there is no such event
  emit("sai", "hello");
  // @ts-expect-error it takes a text
  emit("say", 1);
  // @ts-expect-error and nothing else
  emit("say", "hello", 1);
  // @ts-expect-error servers send this, clients do not
  emit("count", 1);
  return null;
}

export function Ack(): null {
  const save = chat.useAck("save", { timeout: 1000 });
  expectTypeOf(save.emit).toEqualTypeOf<(doc: string) => Promise<number>>();
  if (save.status === "success") expectTypeOf(save.data).toEqualTypeOf<number>();
  if (save.status === "error") expectTypeOf(save.error).toEqualTypeOf<Error>();
  if (save.status === "idle") expectTypeOf(save.error).toEqualTypeOf<undefined>();
  expectTypeOf(save.data).toEqualTypeOf<number | undefined>();
  const { emit } = chat.useAck("check");
  expectTypeOf(emit).returns.resolves.toEqualTypeOf<boolean>();
  // @ts-expect-error it is never acknowledged
  chat.useAck("say");
  // @ts-expect-error the document is a string
  save.emit(1);
  // @ts-expect-error milliseconds are a number
  chat.useAck("save", { timeout: "1s" });
  return null;
}

export function Handlers(): null {
  const { on, once, off } = chat.useWebSocketEventHandler();
  const undo = on("count", (n) => expectTypeOf(n).toEqualTypeOf<number>());
  expectTypeOf(undo).toEqualTypeOf<() => void>();
  once("disconnect", (reason) => expectTypeOf(reason).toExtend<string>());
  off("count");
  off();
  // @ts-expect-error there is no such event
  on("counts", () => {});
  // @ts-expect-error it carries a number
  once("count", (n: string) => n);
  return null;
}

export function Providers(): ReactElement {
  const socket = chat.useSocket();
  socket.emit("say", "hello");
  // @ts-expect-error it takes a text
  socket.emit("say", 1);
  expectTypeOf(chat.useConnection().status).toEqualTypeOf<
    "connecting" | "connected" | "reconnecting" | "disconnected"
  >();
  const connection = chat.useWebSocketConnect({ url: "/", enabled: false });
  expectTypeOf(connection.socket).toEqualTypeOf<typeof socket>();
  return (
    <chat.WebSocketProvider url="/chat" auth={() => ({ token: "x" })} options={{ reconnectionDelay: 1 }}>
      <chat.WebSocketProvider socket={socket} />
      <chat.WebSocketProvider namespace="/a" query={{ a: "b" }} extraHeaders={{ a: "b" }} />
      {/* @ts-expect-error namespaces begin with a slash */}
      <chat.WebSocketProvider namespace="a" />
      {/* @ts-expect-error there is no such option */}
      <chat.WebSocketProvider options={{ reconectionDelay: 1 }} />
      {/* @ts-expect-error there is no such prop */}
      <chat.WebSocketProvider uri="/" />
    </chat.WebSocketProvider>
  );
}

export function Rooms(): null {
  expectTypeOf(useRoom("lobby").status).toEqualTypeOf<"joining" | "joined" | "refused">();
  useRoom("lobby", chat.useSocket());
  const { members } = usePresence<{ id: string; name: string }>("lobby");
  expectTypeOf(members).toEqualTypeOf<readonly Present<{ id: string; name: string }>[]>();
  expectTypeOf(members[0]?.connections).toEqualTypeOf<number | undefined>();
  expectTypeOf(useSuspenseConnection(chat.useSocket()).attempt).toEqualTypeOf<number>();
  // @ts-expect-error users have an id
  usePresence<{ name: string }>("lobby");
  // @ts-expect-error rooms have names
  useRoom(1);
  return null;
}

export function Untyped(): ReactElement {
  useSocketEvent("anything", (a, b) => [a.b.c, b]);
  // @ts-expect-error the handler is a function
  useSocketEvent("anything", 1);
  return <WebSocketProvider socket={io()} />;
}
