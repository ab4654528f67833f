/** The client's types: what must compile, and what must not. */
import { expectTypeOf } from "vitest";
import {
  type ConnectionState,
  io,
  Manager,
  observe,
  type Socket,
  type TransportError,
  WebSocket,
} from "../src/index.node.ts";

interface ServerToClient {
  news: (text: string) => void;
  ask: (question: string, answer: (n: number) => void) => void;
}
interface ClientToServer {
  hello: (name: string, done: (greeting: string) => void) => void;
  plain: (n: number) => void;
}

const socket: Socket<ServerToClient, ClientToServer> = io("http://host");

socket.on("news", (text) => expectTypeOf(text).toEqualTypeOf<string>());
socket.on("ask", (_question, answer) => answer(1));
socket.on("connect_error", (error) => expectTypeOf(error.message).toEqualTypeOf<string>());
socket.on("disconnect", (reason) => {
  expectTypeOf<"ping timeout">().toExtend<typeof reason>();
});
// @ts-expect-error there is no such event
socket.on("nothing", () => {});
// @ts-expect-error the argument is a string
socket.on("news", (text: number) => text);
// @ts-expect-error the argument is a number
socket.emit("plain", "1");
// @ts-expect-error the event takes an argument
socket.emit("plain");
// @ts-expect-error reserved events are not emitted by applications
socket.emit("connect");

expectTypeOf(socket.emitWithAck("hello", "x")).resolves.toEqualTypeOf<string>();
expectTypeOf(socket.timeout(1).emitWithAck("hello", "x")).resolves.toEqualTypeOf<string>();
expectTypeOf(
  socket.signal(AbortSignal.timeout(1)).emitWithAck("hello", "x"),
).resolves.toEqualTypeOf<string>();
socket.timeout(1).emit("hello", "x", (error, greeting) => {
  expectTypeOf(error).toEqualTypeOf<Error | null>();
  expectTypeOf(greeting).toEqualTypeOf<string>();
});
// @ts-expect-error without timeout() there is no error
socket.emit("hello", "x", (error: Error, greeting: string) => [error, greeting]);

expectTypeOf(socket.whenConnected({ timeout: 1 })).resolves.toExtend<
  Socket<ServerToClient, ClientToServer>
>();
expectTypeOf(socket.drained()).resolves.toEqualTypeOf<void>();
export const back: Manager<ServerToClient, ClientToServer> = socket.io;
expectTypeOf(observe(socket).getSnapshot()).toEqualTypeOf<ConnectionState>();
expectTypeOf(observe(io()).getSnapshot()).toEqualTypeOf<ConnectionState>();
expectTypeOf(io().io.engine.id).toEqualTypeOf<string>();

const untyped: Socket = io({ transports: [WebSocket] });
untyped.on("anything", (a, b) => untyped.emit("any", a, b, () => {}));
io("http://host", {
  offline: "reject",
  connect: "race",
  shouldRetry: async ({ data }) => data.retry,
  auth: async () => ({}),
});
// @ts-expect-error there is no such policy
io("http://host", { offline: "forget" });
// @ts-expect-error transports are names or classes
io("http://host", { transports: [1] });

const manager = new Manager("http://host", { autoConnect: false });
manager.on("reconnect_attempt", (attempt) => expectTypeOf(attempt).toEqualTypeOf<number>());
manager.on("emit_error", (error, event, args) => {
  expectTypeOf(error.maxPayload).toEqualTypeOf<number | undefined>();
  expectTypeOf(event).toEqualTypeOf<string>();
  expectTypeOf(args).toBeArray();
});
// @ts-expect-error there is no such event
manager.on("connected", () => {});
expectTypeOf(manager.reconnectionDelay()).toEqualTypeOf<number>();
expectTypeOf(manager.reconnectionDelay(1)).toExtend<Manager>();
expectTypeOf<TransportError["type"]>().toEqualTypeOf<"TransportError">();

io("http://host", { retries: 3, reliable: true });
new Manager("http://host").socket("/", { reliable: false });
// @ts-expect-error on or off
io("http://host", { reliable: 3 });
// @ts-expect-error reliable events are the server's to emit
socket.reliable;
