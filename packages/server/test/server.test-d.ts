/** The events maps of a server, in both directions: what must compile does, what must not does not. */
import type { Server as HttpServer } from "node:http";
import {
  type BroadcastOperator,
  type DefaultEventsMap,
  type DisconnectReason,
  type Namespace,
  type RemoteSocket,
  Server,
  type Socket,
  type SocketTarget,
} from "@sockeye/server";
import { expectTypeOf, test } from "vitest";

interface ClientToServer {
  ping: () => void;
  say: (text: string) => void;
  save: (doc: string, done: (revision: number) => void) => void;
}
interface ServerToClient {
  bare: () => void;
  news: (text: string) => void;
  message: (text: string) => void;
  ask: (question: string, answer: (value: number) => void) => void;
  ready: (done: () => void) => void;
  maybe: (text: string, done?: (ok: boolean) => void) => void;
}
interface Inter {
  sync: (n: number, done: (ok: boolean) => void) => void;
  note: (text: string) => void;
}
interface Data {
  name: string;
}

type Io = Server<ClientToServer, ServerToClient, Inter, Data>;
declare const io: Io;
declare const socket: Socket<ClientToServer, ServerToClient, Inter, Data>;
declare const remote: RemoteSocket<ServerToClient, Data>;

test("listeners get the arguments of their event", () => {
  io.on("connection", (each) => {
    expectTypeOf(each).toEqualTypeOf<Socket<ClientToServer, ServerToClient, Inter, Data>>();
    each.on("say", (text) => expectTypeOf(text).toEqualTypeOf<string>());
    each.on("save", (doc, done) => {
      expectTypeOf(doc).toEqualTypeOf<string>();
      expectTypeOf(done).toEqualTypeOf<(revision: number) => void>();
      // @ts-expect-error the ack takes a number
      done("1");
    });
    each.on("ping", () => {});
    each.on("disconnect", (reason) => expectTypeOf(reason).toEqualTypeOf<DisconnectReason>());
    each.on("error", (error) => expectTypeOf(error).toEqualTypeOf<Error>());
    // @ts-expect-error clients send no such event
    each.on("news", () => {});
    // @ts-expect-error ping has no arguments
    each.on("ping", (text: string) => text);
  });
  io.on("sync", (n, done) => done(n > 0));
  io.on("new_namespace", (nsp) =>
    expectTypeOf(nsp).toEqualTypeOf<Namespace<ClientToServer, ServerToClient, Inter, Data>>(),
  );
  io.on("handler_error", (error, { socket: where, event }) => {
    expectTypeOf(error).toBeAny();
    expectTypeOf(event).toEqualTypeOf<string | symbol>();
    where?.disconnect();
  });
  io.on("slow_consumer", ({ policy }) =>
    expectTypeOf(policy).toEqualTypeOf<"disconnect" | "drop-volatile" | "drop-oldest">(),
  );
  // @ts-expect-error clients' events are for sockets
  io.on("say", () => {});
});

test("emitting takes the arguments of the event", () => {
  socket.emit("news", "text");
  socket.emit("bare");
  socket.emit("ask", "?", (value) => expectTypeOf(value).toEqualTypeOf<number>());
  socket.emit("maybe", "text");
  socket.send("text");
  io.emit("news", "text");
  io.emit("maybe", "text");
  io.of("/x").to("room").emit("news", "text");
  socket.broadcast.volatile.to("room").emit("bare");
  // @ts-expect-error bare has no arguments
  socket.emit("bare", 1);
  // @ts-expect-error the text is missing
  socket.emit("news");
  // @ts-expect-error no such event
  io.emit("nothing");
  // @ts-expect-error who asks everybody has to say for how long
  io.emit("ask", "?", () => {});
  // @ts-expect-error the text is no number
  io.to("room").emit("news", 1);
});

test("emitWithAck resolves to what is acknowledged, everywhere", () => {
  expectTypeOf(socket.emitWithAck("ask", "?")).resolves.toEqualTypeOf<number>();
  expectTypeOf(socket.emitWithAck("ready")).resolves.toEqualTypeOf<undefined>();
  expectTypeOf(socket.emitWithAck("maybe", "text")).resolves.toEqualTypeOf<boolean>();
  expectTypeOf(socket.timeout(1).emitWithAck("ask", "?")).resolves.toEqualTypeOf<number>();
  expectTypeOf(socket.timeout(1).volatile.emitWithAck("ready")).resolves.toEqualTypeOf<undefined>();
  expectTypeOf(
    socket.signal(AbortSignal.timeout(1)).emitWithAck("ask", "?"),
  ).resolves.toEqualTypeOf<number>();
  expectTypeOf(io.emitWithAck("ask", "?")).resolves.toEqualTypeOf<number[]>();
  expectTypeOf(io.of("/x").emitWithAck("ask", "?")).resolves.toEqualTypeOf<number[]>();
  expectTypeOf(io.to("room").emitWithAck("ask", "?")).resolves.toEqualTypeOf<number[]>();
  expectTypeOf(io.timeout(1).to("room").emitWithAck("ask", "?")).resolves.toEqualTypeOf<number[]>();
  expectTypeOf(socket.broadcast.timeout(1).emitWithAck("ready")).resolves.toEqualTypeOf<undefined[]>();
  expectTypeOf(remote.emitWithAck("ask", "?")).resolves.toEqualTypeOf<number>();
  expectTypeOf(remote.timeout(1).emitWithAck("ask", "?")).resolves.toEqualTypeOf<number>();
  expectTypeOf(io.serverSideEmitWithAck("sync", 1)).resolves.toEqualTypeOf<boolean[]>();
  // @ts-expect-error news is not acknowledged
  socket.emitWithAck("news", "text");
  // @ts-expect-error the question is missing
  io.emitWithAck("ask");
  // @ts-expect-error note is not acknowledged
  io.serverSideEmitWithAck("note", "text");
});

test("after timeout() the callback takes an error first; a broadcast's does always", () => {
  socket.timeout(1).emit("ask", "?", (err, value) => {
    expectTypeOf(err).toEqualTypeOf<Error | null>();
    expectTypeOf(value).toEqualTypeOf<number>();
  });
  socket.timeout(1).emit("ready", (err) => expectTypeOf(err).toEqualTypeOf<Error | null>());
  socket.timeout(1).emit("ask", "?", (_err: Error, _value: number) => {});
  io.timeout(1).emit("ask", "?", (err, values) => {
    expectTypeOf(err).toEqualTypeOf<Error | null>();
    expectTypeOf(values).toEqualTypeOf<number[]>();
  });
  io.to("room").emit("ask", "?", (err, values) => {
    expectTypeOf(err).toEqualTypeOf<Error | null>();
    expectTypeOf(values).toEqualTypeOf<number[]>();
  });
  remote.timeout(1).emit("ask", "?", (err, value) => {
    expectTypeOf(err).toEqualTypeOf<Error | null>();
    expectTypeOf(value).toEqualTypeOf<number>();
  });
  io.serverSideEmit("sync", 1, (err, answers) => {
    expectTypeOf(err).toEqualTypeOf<Error | null>();
    expectTypeOf(answers).toEqualTypeOf<boolean[]>();
  });
  // @ts-expect-error one answer per client
  io.timeout(1).emit("ask", "?", (_err: Error, _value: number) => {});
});

test("data has its type wherever a socket is met", async () => {
  expectTypeOf(socket.data).toEqualTypeOf<Data>();
  expectTypeOf(remote.data).toEqualTypeOf<Data>();
  for (const each of await io.in("room").fetchSockets()) expectTypeOf(each.data).toEqualTypeOf<Data>();
  for (const each of await socket.nsp.fetchSockets()) {
    expectTypeOf(each.data).toEqualTypeOf<Data>();
    each.timeout(1).emit("ask", "?", (_err, value) => expectTypeOf(value).toEqualTypeOf<number>());
  }
  for (const each of io.sockets.sockets.values()) expectTypeOf(each.data).toEqualTypeOf<Data>();
  // @ts-expect-error the name is a string
  socket.data.name = 1;
});

test("without events maps everything goes", () => {
  const loose = new Server();
  expectTypeOf(loose).toEqualTypeOf<Server<DefaultEventsMap, DefaultEventsMap, DefaultEventsMap, any>>();
  loose.on("connection", (each) => {
    each.on("anything", (a, b) => each.emit("else", a, b, () => {}));
    each.data.whatever = 1;
    expectTypeOf(each.emitWithAck("x")).resolves.toBeAny();
  });
  loose.emit("x", 1, () => {});
  expectTypeOf(loose.timeout(1).emitWithAck("x")).resolves.toBeAny();
});

test("a class may extend the server, and functions may take what it is made of", () => {
  class Mine extends Server<ClientToServer, ServerToClient, Inter, Data> {
    greet(): boolean {
      return this.emit("news", "hello");
    }
  }
  const take = (_io: Io, _nsp: Namespace<ClientToServer, ServerToClient, Inter, Data>): void => {};
  take(new Mine({} as HttpServer, { path: "/x" }), new Mine(0).of("/"));
  take(socket.nsp.server, socket.nsp);
  expectTypeOf(socket.volatile).toEqualTypeOf<SocketTarget<ServerToClient, Data>>();
  expectTypeOf(io.to("room").except("x")).toExtend<BroadcastOperator<never, Data>>();
  // @ts-expect-error no such option
  new Server({ pingIntervall: 1 });
});

test("draining takes a time, and readiness is a request listener", () => {
  expectTypeOf(io.drain({ over: "30s" })).toEqualTypeOf<Promise<void>>();
  expectTypeOf(io.ready).toEqualTypeOf<boolean>();
  io.httpServer.on("request", io.readiness);
  // @ts-expect-error a number or a string
  void io.drain({ over: true });
  // @ts-expect-error it is told, not set
  io.ready = true;
});

test("reliable events are typed as others, without acknowledgement", () => {
  expectTypeOf(socket.reliable.emit("news", "hello")).toEqualTypeOf<boolean>();
  // @ts-expect-error no such event
  socket.reliable.emit("nothing");
  io.on("reliable_expired", ({ reason }) =>
    expectTypeOf(reason).toEqualTypeOf<"overflow" | "timeout" | "evicted">(),
  );
});
