/** The types of the core: what socket.io-client's programs need, and nothing of what the core does not have. */
import { expectTypeOf } from "vitest";
import { io, Manager, type Socket, WebSocket } from "../src/core.node.ts";
import { io as slim } from "../src/slim.ts";

interface ServerToClient {
  news: (text: string) => void;
}
interface ClientToServer {
  hello: (name: string, done: (greeting: string) => void) => void;
}

const socket: Socket<ServerToClient, ClientToServer> = io("http://host", { retries: 3, ackTimeout: 100 });
socket.on("news", (text) => expectTypeOf(text).toEqualTypeOf<string>());
expectTypeOf(socket.timeout(1).emitWithAck("hello", "x")).resolves.toEqualTypeOf<string>();
export const back: Manager<ServerToClient, ClientToServer> = socket.io;
// @ts-expect-error the core does not wait
socket.whenConnected;
// @ts-expect-error the core knows no signals
socket.signal;
// @ts-expect-error the core buffers
io("http://host", { offline: "reject" });
// @ts-expect-error the core tries one transport after the other
io("http://host", { connect: "race" });
// @ts-expect-error the core does not ask
new Manager("http://host").socket("/", { shouldRetry: () => true });

const manager = new Manager("http://host", { autoConnect: false });
expectTypeOf(manager.reconnectionDelay()).toEqualTypeOf<number>();
expectTypeOf(manager.reconnectionDelay(1).timeout(false)).toExtend<Manager>();
expectTypeOf(manager.socket("/")).toExtend<Socket>();
slim("http://host", { transports: [WebSocket] }).on("anything", () => {});
