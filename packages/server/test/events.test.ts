/** Events of a socket: who hears them, and what becomes of errors. */
import { once } from "node:events";
import type { HandlerErrorContext, Socket } from "@sockeye/server";
import { describe, expect, test, vi } from "vitest";
import { lastResort } from "./support/errors.ts";
import { world } from "./support/world.ts";

test("an event reaches its listeners with its arguments, in the order it was sent", async () => {
  const { pair } = await world();
  const [socket, guest] = await pair();
  const heard: unknown[] = [];
  socket.on("a", (...args) => heard.push(["a", ...args]));
  socket.once("b", (...args) => heard.push(["b", ...args]));
  guest.emit("a", 1, "zwei", null, { drei: [3] });
  guest.emit("b");
  guest.emit("b");
  socket.on("sync", (done) => done());
  await guest.emitWithAck("sync");
  expect(heard).toEqual([["a", 1, "zwei", null, { drei: [3] }], ["b"]]);
});

test("an event name may be a number", async () => {
  const { io, raw } = await world();
  const heard = vi.fn();
  io.on("connection", (socket) => socket.on("7", heard));
  const client = await raw();
  await client.connect();
  client.send('42[7,"lucky"]', '421["sync"]');
  await vi.waitFor(() => expect(heard).toHaveBeenCalledWith("lucky"));
});

test("catch-all listeners hear every event, in and out, before its own listeners", async () => {
  const { io, pair } = await world();
  const [socket, guest] = await pair();
  const heard: unknown[][] = [];
  socket.onAny((...event) => heard.push(["second", ...event]));
  socket.prependAny((...event) => heard.push(["first", ...event]));
  socket.on("in", () => heard.push(["own"]));
  socket.onAnyOutgoing((...event) => heard.push(["out", ...event]));
  guest.emit("in", 1);
  await vi.waitFor(() => expect(heard).toHaveLength(3));
  socket.emit("answer", 2);
  io.emit("all", 3);
  expect(heard).toEqual([
    ["first", "in", 1],
    ["second", "in", 1],
    ["own"],
    ["out", "answer", 2],
    ["out", "all", 3],
  ]);
  expect(socket.listenersAny()).toHaveLength(2);
  socket.offAny();
  socket.offAnyOutgoing(socket.listenersAnyOutgoing()[0]);
  expect([socket.listenersAny(), socket.listenersAnyOutgoing()]).toEqual([[], []]);
});

test("a client's event named error harms nobody, with and without listeners (CVE-2024-38355)", async () => {
  const { pair } = await world();
  const [socket, guest] = await pair();
  socket.on("sync", (done) => done());
  for (const payload of ["boom", { message: 1 }, null]) guest.emit("error", payload);
  await guest.emitWithAck("sync");
  const heard = vi.fn();
  socket.on("error", heard);
  guest.emit("error", "heard");
  await vi.waitFor(() => expect(heard).toHaveBeenCalledExactlyOnceWith("heard"));
  expect(socket.connected).toBe(true);
});

test("names of prototypes are names like any other", async () => {
  const { pair } = await world();
  const [socket, guest] = await pair();
  const heard = vi.fn();
  socket.on("constructor", heard);
  guest.emit("__proto__", 1);
  guest.emit("toString", 1);
  guest.emit("constructor", 2);
  await vi.waitFor(() => expect(heard).toHaveBeenCalledWith(2));
});

test("reserved names cannot be emitted", async () => {
  const { io, pair } = await world();
  const [socket] = await pair();
  for (const name of [
    "connect",
    "connect_error",
    "disconnect",
    "disconnecting",
    "newListener",
    "removeListener",
  ]) {
    expect(() => socket.emit(name)).toThrow(`"${name}" is a reserved event name`);
    expect(() => io.emit(name)).toThrow(`"${name}" is a reserved event name`);
    expect(() => io.to("room").emit(name)).toThrow(`"${name}" is a reserved event name`);
  }
  await expect(socket.emitWithAck("connect")).rejects.toThrow("reserved");
});

test("a socket is a real emitter: its own newListener, addListener and removeListener work", async () => {
  const { pair } = await world();
  const [socket, guest] = await pair();
  const added: unknown[] = [];
  socket.addListener("newListener", (name: unknown) => added.push(name));
  const heard = vi.fn();
  socket.addListener("x", heard);
  socket.addListener("y", heard);
  socket.removeListener("y", heard);
  guest.emit("y");
  guest.emit("x");
  await vi.waitFor(() => expect(heard).toHaveBeenCalledOnce());
  expect(added).toEqual(["x", "y"]);
});

test("odd emits of tools do not crash", async () => {
  const { io, pair } = await world();
  const [socket, guest] = await pair();
  const got = once(guest as never, "connection");
  socket.emit("connection", "odd");
  io.sockets.emit("new_namespace", "odd");
  expect(await got).toEqual(["odd"]);
});

test("data starts empty, and may be replaced", async () => {
  const { io, pair } = await world();
  const [socket] = await pair();
  socket.data.name = "ada";
  expect((await io.fetchSockets())[0]?.data).toEqual({ name: "ada" });
  socket.data = new Proxy({}, { get: (_, key) => `proxied ${String(key)}` });
  expect(socket.data.name).toBe("proxied name");
});

test("send and write emit a message, on either side", async () => {
  const { io, pair } = await world();
  const [socket, guest] = await pair();
  const heard: unknown[] = [];
  guest.on("message", (text) => heard.push(text));
  expect(socket.send("a")).toBe(socket);
  socket.volatile.write("b");
  io.send("c");
  io.sockets.write("d");
  await vi.waitFor(() => expect(heard).toEqual(["a", "b", "c", "d"]));
});

describe("socket middlewares", () => {
  test("see each event, may change it, and let it through", async () => {
    const { pair } = await world();
    const [socket, guest] = await pair();
    socket.use((event, next) => {
      event[1] = String(event[1]).toUpperCase();
      next();
    });
    const heard = vi.fn();
    socket.on("say", heard);
    guest.emit("say", "hello");
    await vi.waitFor(() => expect(heard).toHaveBeenCalledWith("HELLO"));
  });

  test("drop an event with an error, which the socket's error listeners are told", async () => {
    const { pair } = await world();
    const [socket, guest] = await pair();
    socket.use(([name], next) => next(name === "forbidden" ? new Error("not you") : undefined));
    const [heard, error] = [vi.fn(), vi.fn()];
    socket.on("forbidden", heard);
    socket.on("allowed", heard);
    socket.on("error", error);
    guest.emit("forbidden");
    guest.emit("allowed", 1);
    await vi.waitFor(() => expect(heard).toHaveBeenCalledExactlyOnceWith(1));
    expect(error).toHaveBeenCalledExactlyOnceWith(new Error("not you"));
  });

  test("without an error listener the refusal is printed, and nothing crashes", async () => {
    const { pair } = await world();
    const [socket, guest] = await pair();
    const printed = vi.spyOn(console, "error").mockImplementation(() => {});
    socket.use((_, next) => next(new Error("not you")));
    guest.emit("x");
    await vi.waitFor(() => expect(printed).toHaveBeenCalledWith(expect.any(String), new Error("not you")));
    printed.mockRestore();
    expect(socket.connected).toBe(true);
  });
});

describe("errors of handlers", () => {
  async function errorOf(arrange: (socket: Socket) => void): Promise<[unknown, HandlerErrorContext, Socket]> {
    const { io, pair } = await world();
    const [socket, guest] = await pair();
    const told = once(io, "handler_error");
    arrange(socket);
    guest.emit("go", () => {});
    const [error, context] = await told;
    expect(socket.connected).toBe(true);
    return [error, context, socket];
  }

  const oops = new Error("oops");
  const fail = (): never => {
    throw oops;
  };
  const reject = async (): Promise<never> => fail();

  for (const [kind, handler] of Object.entries({ throws: fail, rejects: reject })) {
    test(`a listener that ${kind} is told, with its socket and event`, async () => {
      const [error, context, socket] = await errorOf((each) => each.on("go", handler));
      expect(error).toBe(oops);
      expect(context.socket).toBe(socket);
      expect(context.event).toBe("go");
    });

    test(`a catch-all listener that ${kind} is told`, async () => {
      const [error, { event }] = await errorOf((each) => each.onAny(handler));
      expect([error, event]).toEqual([oops, "go"]);
    });

    test(`a socket middleware that ${kind} is told, and the event is dropped`, async () => {
      const heard = vi.fn();
      const [error, { event }] = await errorOf((each) => each.use(handler).on("go", heard));
      expect([error, event]).toEqual([oops, "go"]);
      expect(heard).not.toHaveBeenCalled();
    });

    test(`a connection handler that ${kind} is told`, async () => {
      const { io, guest } = await world();
      io.on("connection", handler);
      const told = once(io, "handler_error");
      guest();
      const [error, { event, socket }] = await told;
      expect([error, event, socket.connected]).toEqual([oops, "connection", true]);
    });

    test(`a disconnect handler that ${kind} is told`, async () => {
      const { io, pair } = await world();
      const [socket, guest] = await pair();
      socket.on("disconnect", handler);
      const told = once(io, "handler_error");
      guest.disconnect();
      expect(await told).toEqual([oops, { event: "disconnect", socket }]);
    });

    test(`an acknowledgement callback that ${kind} is told`, async () => {
      const { io, pair } = await world();
      const [socket, guest] = await pair();
      guest.on("ask", (done) => done());
      const told = once(io, "handler_error");
      socket.emit("ask", handler);
      expect(await told).toEqual([oops, { event: "ask", socket }]);
    });

    test(`a handler between servers that ${kind} is told`, async () => {
      const { io } = await world();
      io.on("sync", handler);
      const told = once(io, "handler_error");
      io.sockets._onServerSideEmit(["sync"]);
      expect(await told).toEqual([oops, { event: "sync" }]);
    });
  }

  test("without a listener a throw is an uncaught exception, and the connection goes on", async () => {
    const { pair } = await world();
    const [socket, guest] = await pair();
    const uncaught = lastResort("uncaughtException");
    socket.on("go", fail);
    socket.on("after", (done) => done("still here"));
    guest.emit("go");
    expect(await uncaught).toBe(oops);
    expect(await guest.emitWithAck("after")).toBe("still here");
  });

  test("without a listener a rejection is an unhandled rejection", async () => {
    const { pair } = await world();
    const [socket, guest] = await pair();
    const unhandled = lastResort("unhandledRejection");
    socket.on("go", reject);
    guest.emit("go");
    expect(await unhandled).toBe(oops);
  });

  test("an error of the error handler itself is uncaught", async () => {
    const { io, pair } = await world();
    const [socket, guest] = await pair();
    const uncaught = lastResort("uncaughtException");
    io.on("handler_error", () => {
      throw new Error("worse");
    });
    socket.on("go", fail);
    guest.emit("go");
    expect(await uncaught).toEqual(new Error("worse"));
  });
});
