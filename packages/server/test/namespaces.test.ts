/** Namespaces: fixed and dynamic, who gets in, and what a client is told who does not. */
import { once } from "node:events";
import { FakeClock } from "@sockeye/core/testing";
import { type Namespace, Server } from "@sockeye/server";
import { describe, expect, test, vi } from "vitest";
import { lastResort } from "./support/errors.ts";
import { world } from "./support/world.ts";

describe("middlewares", () => {
  test("run in order and let a client in, who is not connected before", async () => {
    const { io, pair } = await world();
    const order: unknown[] = [];
    io.use((socket, next) => {
      order.push(["first", socket.connected, socket.handshake.auth.token]);
      socket.data.user = "ada";
      setImmediate(next);
    });
    io.use(async (socket, next) => {
      order.push(["second", socket.data.user]);
      next();
    });
    const [socket] = await pair("/", { auth: { token: "abc" } });
    expect(socket.connected).toBe(true);
    expect(order).toEqual([
      ["first", false, "abc"],
      ["second", "ada"],
    ]);
  });

  test("refuse with a message and data, and leave no room behind", async () => {
    const { io, guest } = await world();
    io.use((socket, next) => {
      socket.join("waiting");
      next(Object.assign(new Error("who are you?"), { data: { code: 401 } }));
    });
    const connected = vi.fn();
    io.on("connection", connected);
    const [error] = await once(guest() as never, "connect_error");
    expect(error.message).toBe("who are you?");
    expect(error.data).toEqual({ code: 401 });
    expect(connected).not.toHaveBeenCalled();
    expect(io.of("/").adapter.rooms.size).toBe(0);
  });

  test("that throw or reject refuse without telling why, and are told to handler_error", async () => {
    for (const broken of [
      () => {
        throw new Error("secret");
      },
      async () => {
        throw new Error("secret");
      },
    ]) {
      const { io, guest } = await world();
      io.use(broken);
      const told = once(io, "handler_error");
      const [error] = await once(guest() as never, "connect_error");
      expect(error.message).toBe("Internal server error");
      const [reported, { event, socket }] = await told;
      expect([reported.message, event, socket.connected]).toEqual(["secret", "connection", false]);
    }
  });

  test("without handler_error a throw is an uncaught exception", async () => {
    const { io, guest } = await world();
    const uncaught = lastResort("uncaughtException");
    io.use(() => {
      throw new Error("secret");
    });
    guest();
    expect(await uncaught).toEqual(new Error("secret"));
  });

  test("a client that goes while they run never connects", async () => {
    const { io, raw } = await world();
    const connected = vi.fn();
    io.on("connection", connected);
    let proceed: (() => void) | undefined;
    io.use((_, next) => {
      proceed = next;
    });
    const client = await raw();
    client.send("40");
    await vi.waitFor(() => expect(proceed).toBeDefined());
    client.socket.terminate();
    await vi.waitFor(() => expect(io.engine.clientsCount).toBe(0));
    proceed?.();
    expect(connected).not.toHaveBeenCalled();
    expect(io.of("/").sockets.size).toBe(0);
  });
});

test("a namespace that does not exist is refused by name, and the connection stays", async () => {
  const { raw } = await world();
  const client = await raw();
  client.send("40/nowhere,", "40");
  expect(await client.next()).toBe('44/nowhere,{"message":"Invalid namespace"}');
  expect(await client.next()).toMatch(/^40\{"sid":"[\w-]{20,}"\}$/);
});

test("names get their slash, and a namespace is made once", () => {
  const io = new Server();
  const made: string[] = [];
  io.on("new_namespace", ({ name }) => made.push(name));
  expect(io.of("chat")).toBe(io.of("/chat"));
  expect(io.of("/")).toBe(io.sockets);
  expect(made).toEqual(["/chat"]);
  expect([...io._nsps.keys()]).toEqual(["/", "/chat"]);
});

test("events and rooms of namespaces are their own", async () => {
  const { io, pair } = await world();
  const [main, client] = await pair();
  const arrived = once(io.of("/chat"), "connection");
  const chat = client.io.socket("/chat");
  const [inChat] = await arrived;
  expect(inChat.client).toBe(main.client);
  expect(inChat.id).not.toBe(main.id);
  main.join("red");
  const heard: string[] = [];
  client.on("x", (text) => heard.push(`main ${text}`));
  chat.on("x", (text) => heard.push(`chat ${text}`));
  io.of("/chat").to("red").emit("x", "red");
  io.of("/chat").emit("x", "chat");
  io.emit("x", "main");
  await vi.waitFor(() => expect(heard.sort()).toEqual(["chat chat", "main main"]));
});

describe("dynamic namespaces", () => {
  test("a pattern makes a child with the parent's handlers and middlewares", async () => {
    const { io, guest } = await world();
    const connected: string[] = [];
    const parent = io.of(/^\/room-\d+$/, (socket) => connected.push(socket.nsp.name));
    parent.use((socket, next) => next(socket.handshake.auth.ok ? undefined : new Error("no")));
    const made = once(io, "new_namespace");
    const first = guest("/room-101", { auth: { ok: true } });
    await once(first as never, "connect");
    expect((await made)[0].name).toBe("/room-101");
    const [error] = await once(guest("/room-102") as never, "connect_error");
    expect(error.message).toBe("no");
    const [none] = await once(guest("/roomy") as never, "connect_error");
    expect(none.message).toBe("Invalid namespace");
    expect(connected).toEqual(["/room-101"]);
    const heard = once(first as never, "x");
    parent.emit("x", "to all children");
    expect(await heard).toEqual(["to all children"]);
  });

  test("a parent broadcasts, asks and fetches across its children", async () => {
    const { io, pair } = await world();
    const parent = io.of(/^\/room-\d+$/);
    io.of("/room-1");
    io.of("/room-2");
    const guests = [(await pair("/room-1"))[1], (await pair("/room-2"))[1]];
    for (const each of guests) each.on("name?", (done) => done(each.id));
    const ids = guests.map(({ id }) => id).sort();
    expect((await parent.timeout(9000).emitWithAck("name?")).sort()).toEqual(ids);
    expect((await parent.fetchSockets()).map(({ id }) => id).sort()).toEqual(ids);
    parent.socketsJoin("red");
    expect((await parent.in("red").fetchSockets()).length).toBe(2);
  });

  test("a function decides, asynchronously, with name and auth", async () => {
    const { io, guest } = await world();
    const asked = vi.fn();
    io.of((name, auth, next) => {
      asked(name, auth);
      setImmediate(next, null, name === "/open");
    });
    await once(guest("/open", { auth: { key: 1 } }) as never, "connect");
    const [error] = await once(guest("/closed") as never, "connect_error");
    expect(error.message).toBe("Invalid namespace");
    expect(asked.mock.calls).toEqual([
      ["/open", { key: 1 }],
      ["/closed", {}],
    ]);
  });

  test("a function that throws refuses, and is told", async () => {
    const { io, guest } = await world();
    const told = once(io, "handler_error");
    io.of(() => {
      throw new Error("oops");
    });
    const [error] = await once(guest("/any") as never, "connect_error");
    expect(error.message).toBe("Invalid namespace");
    expect((await told)[0]).toEqual(new Error("oops"));
  });

  test("of(name) asks the patterns first, and patterns with memory are refused", () => {
    const io = new Server();
    const parent = io.of(/^\/room-\d+$/);
    const connected = vi.fn();
    parent.on("connection", connected);
    expect(io.of("/room-7").listenerCount("connection")).toBe(1);
    expect(() => io.of(/x/g)).toThrow("flag g or y");
    expect(() => io.of(/x/y)).toThrow("flag g or y");
  });

  test("with cleanupEmptyChildNamespaces a child goes with its last socket, and comes again", async () => {
    const { io, pair } = await world({ cleanupEmptyChildNamespaces: true });
    io.of(/^\/room-\d+$/);
    io.of("/fixed");
    const namespaces: Namespace[] = [];
    io.on("new_namespace", (namespace) => namespaces.push(namespace));
    io.of("/room-1");
    const [, first] = await pair("/room-1");
    const [, second] = await pair("/room-1");
    const [, fixed] = await pair("/fixed");
    const closed = vi.spyOn(namespaces[0]?.adapter as never, "close" as never);
    first.disconnect();
    fixed.disconnect();
    await vi.waitFor(() => expect(namespaces[0]?.sockets.size).toBe(1));
    expect(io._nsps.has("/room-1")).toBe(true);
    second.disconnect();
    await vi.waitFor(() => expect(io._nsps.has("/room-1")).toBe(false));
    expect(closed).toHaveBeenCalledOnce();
    expect(io._nsps.has("/fixed")).toBe(true);
    await pair("/room-1");
    expect(namespaces.length).toBe(2);
  });

  test("without it a child stays", async () => {
    const { io, pair } = await world();
    io.of(/^\/room-\d+$/);
    io.of("/room-1");
    const [socket, guest] = await pair("/room-1");
    guest.disconnect();
    await vi.waitFor(() => expect(socket.connected).toBe(false));
    expect(io._nsps.has("/room-1")).toBe(true);
  });
});

describe("a connection without namespace", () => {
  test("is closed after connectTimeout", async () => {
    const clock = new FakeClock();
    const { raw } = await world({ clock, connectTimeout: 1000, pingInterval: 1e6 });
    const client = await raw();
    clock.advance(999);
    expect(client.closed).toBe(false);
    clock.advance(1);
    await client.end();
  });

  test("is not while it is in one, and is again when it has left the last", async () => {
    const clock = new FakeClock();
    const { io, raw } = await world({ clock, connectTimeout: 1000, pingInterval: 1e6 });
    const client = await raw();
    await client.connect();
    clock.advance(5000);
    const left = once(io.of("/").sockets.values().next().value as never, "disconnect");
    client.send("41");
    expect((await left)[0]).toBe("client namespace disconnect");
    clock.advance(1000);
    await client.end();
  });

  test("may not be in more than maxNamespacesPerConnection", async () => {
    const { io, raw } = await world({ maxNamespacesPerConnection: 3 });
    io.of(/^\/\d+$/);
    const client = await raw();
    for (let n = 0; n < 100; n++) client.send(`40/${n},`);
    for (let n = 0; n < 3; n++) expect(await client.next()).toMatch(/^40/);
    for (let n = 3; n < 100; n++) {
      expect(await client.next()).toBe(`44/${n},{"message":"Too many namespaces"}`);
    }
    expect(io._nsps.size).toBe(4);
    client.send("41/0,", "40/77,");
    expect(await client.next()).toMatch(/^40\/77,/);
  });
});

describe("between servers", () => {
  test("alone, a question is answered by nobody, and reserved names are refused", async () => {
    const io = new Server();
    expect(await io.serverSideEmitWithAck("ping")).toEqual([]);
    expect(io.serverSideEmit("hello")).toBe(true);
    for (const name of ["connect", "connection", "new_namespace", "handler_error"]) {
      expect(() => io.serverSideEmit(name)).toThrow(`"${name}" is a reserved event name`);
    }
  });

  test("what is malformed or forged is ignored, and harms nobody", () => {
    const io = new Server();
    const heard = vi.fn();
    io.on("connection", heard);
    io.on("handler_error", heard);
    for (const forged of [
      ["connection", {}],
      ["handler_error", 1],
      ["error", "boom"],
      [{}],
      [],
      [null],
      "x",
      null,
    ]) {
      io.sockets._onServerSideEmit(forged as never);
    }
    expect(heard).not.toHaveBeenCalled();
  });

  test("what another server sends reaches the listeners of the namespace", () => {
    const io = new Server();
    const [heard, inChat] = [vi.fn(), vi.fn()];
    io.on("hello", heard);
    io.of("/chat").on("hello", inChat);
    io.sockets._onServerSideEmit(["hello", "world"]);
    io.of("/chat")._onServerSideEmit(["hello", "chat"]);
    expect(heard).toHaveBeenCalledExactlyOnceWith("world");
    expect(inChat).toHaveBeenCalledExactlyOnceWith("chat");
  });
});
