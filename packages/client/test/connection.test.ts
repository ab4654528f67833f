/** Connecting, exchanging events and leaving, on every transport, with every server. */
import { describe, expect, test } from "vitest";
import type { io } from "../src/index.node.ts";
import { connect } from "./client.ts";
import { serve, servers } from "./servers.ts";
import { next, until } from "./wait.ts";

describe.each(servers)("with %s", (_name, make) => {
  const ways: [string, Parameters<typeof io>[1]][] = [
    ["polling", { transports: ["polling"] }],
    ["websocket", { transports: ["websocket"] }],
    ["polling, then websocket", {}],
    ["a race", { connect: "race" }],
  ];

  test.each(ways)("events, acknowledgements and binary travel by %s", async (_way, options) => {
    const { io: server, url } = await serve(make);
    server.on("connection", (peer) => {
      peer.on("echo", (...args) => {
        const done = args.pop();
        peer.emit("echoed", ...args);
        done(...args);
      });
    });
    const socket = connect(url, options);
    const bytes = Buffer.from([1, 2, 255]);
    const echoed = next(socket, "echoed");
    const answer = await socket.emitWithAck("echo", "ä€😀", { list: [bytes, null, { deep: bytes }] });
    expect(answer).toBe("ä€😀");
    expect(await echoed).toEqual(["ä€😀", { list: [bytes, null, { deep: bytes }] }]);
    expect(
      Buffer.isBuffer(
        (
          await next(
            socket.emit("echo", bytes, () => {}),
            "echoed",
          )
        )[0],
      ),
    ).toBe(true);
  });

  test("moves from polling to WebSocket, losing and reordering nothing in either direction", async () => {
    const { io: server, url } = await serve(make);
    const got: number[] = [];
    server.on("connection", (peer) => {
      peer.on("n", (n) => got.push(n));
      peer.on("sync", (done) => done());
      let n = 0;
      const timer = setInterval(() => {
        for (let i = 0; i < 10; i++) peer.emit("n", n++);
        if (n === 500) clearInterval(timer);
      }, 2);
    });
    const socket = connect(url);
    expect(socket.io.engine.transport.name).toBe("polling");
    const upgraded = next(socket.io.engine, "upgrade");
    const received: number[] = [];
    let n = 0;
    const done = new Promise<void>((resolve) => {
      socket.on("n", (value) => {
        received.push(value);
        socket.emit("n", n++);
        if (received.length === 500) resolve();
      });
    });
    await upgraded;
    expect(socket.io.engine.transport.name).toBe("websocket");
    await done;
    await socket.emitWithAck("sync");
    const sequence = Array.from({ length: 500 }, (_, i) => i);
    expect(received).toEqual(sequence);
    expect(got.slice(0, 500)).toEqual(sequence);
  });

  test("namespaces share one connection, and each has its own refusals, data and end", async () => {
    const { io: server, url } = await serve(make);
    server.of("/open").on("connection", (peer) => peer.emit("auth", peer.handshake.auth));
    server
      .of("/shut")
      .use((_peer, next) => next(Object.assign(new Error("no entry"), { data: { why: "test" } })));
    const main = connect(url);
    await next(main, "connect");
    const inner = main.io.socket("/open", { auth: { token: "t" } });
    expect(await next(inner, "auth")).toEqual([{ token: "t" }]);
    const refused = main.io.socket("/shut");
    const [error] = await next<[Error & { data: unknown }]>(refused, "connect_error");
    expect([error.message, error.data, refused.active]).toEqual(["no entry", { why: "test" }, false]);
    const missing = main.io.socket("/missing");
    expect((await next<[Error]>(missing, "connect_error"))[0].message).toBe("Invalid namespace");
    const gone = next(inner, "disconnect");
    inner.disconnect();
    expect(await gone).toEqual(["io client disconnect", undefined]);
    expect([main.connected, inner.connected, inner.active, main.io._readyState]).toEqual([
      true,
      false,
      false,
      "open",
    ]);
    main.disconnect();
    await until(() => server.engine.clientsCount === 0);
  });

  test("the server hears why: left, and closed", async () => {
    const { io: server, url } = await serve(make);
    const reasons: string[] = [];
    server.on("connection", (peer) => peer.on("disconnect", (reason) => reasons.push(reason)));
    const first = connect(url);
    const second = connect(url);
    await Promise.all([first.whenConnected(), second.whenConnected()]);
    first.disconnect();
    await until(() => reasons.length === 1);
    second.io.engine.close();
    await until(() => reasons.length === 2);
    expect(reasons).toEqual(["client namespace disconnect", "transport close"]);
  });

  test("a socket that the server disconnects stays away until it is told to connect", async () => {
    const { io: server, url } = await serve(make);
    server.on("connection", (peer) => peer.on("leave", (all) => peer.disconnect(all)));
    const socket = connect(url);
    await socket.whenConnected();
    socket.emit("leave", false);
    expect(await next(socket, "disconnect")).toEqual(["io server disconnect", undefined]);
    expect([socket.active, socket.id]).toEqual([false, undefined]);
    await socket.connect().whenConnected();
    expect(socket.id).toBeTypeOf("string");
  });

  test("sends events to handlers of any kind, and says which events leave and come", async () => {
    const { io: server, url } = await serve(make);
    server.on("connection", (peer) => peer.on("hi", (name, done) => done(`hi ${name}`, 2)));
    server.on("connection", (peer) => peer.on("message", (...args) => peer.send(...args)));
    const log: unknown[] = [];
    const socket = connect(url);
    socket.onAny((...args) => log.push(["in", ...args]));
    socket.onAnyOutgoing((...args) => log.push(["out", ...args]));
    const twice = new Promise((resolve) => socket.emit("hi", "you", (...args: unknown[]) => resolve(args)));
    expect(await twice).toEqual(["hi you", 2]);
    socket.send("a", 1);
    expect(await next(socket, "message")).toEqual(["a", 1]);
    expect(log).toEqual([
      ["out", "hi", "you"],
      ["out", "message", "a", 1],
      ["in", "message", "a", 1],
    ]);
    expect(() => socket.emit("connect_error")).toThrow('"connect_error" is a reserved event name');
  });

  test("acknowledges the server's events once", async () => {
    const { io: server, url } = await serve(make);
    const answers: unknown[] = [];
    server.on("connection", (peer) => {
      peer.emit("ask", 1, (...args: unknown[]) => answers.push(args));
      peer.on("sync", (done) => done());
    });
    const socket = connect(url);
    socket.on("ask", (n, done) => {
      done(n + 1, new Uint8Array([7]));
      done("again");
    });
    await until(() => answers.length);
    await socket.emitWithAck("sync");
    expect(answers).toEqual([[2, Buffer.from([7])]]);
  });

  test("auth is asked again at each connection, and may be async", async () => {
    const { io: server, url } = await serve(make);
    const seen: unknown[] = [];
    server.on("connection", (peer) => seen.push(peer.handshake.auth));
    let n = 0;
    const socket = connect(url, { auth: async () => ({ n: ++n }) });
    await socket.whenConnected();
    socket.io.engine.close();
    await next(socket, "connect");
    const other = connect(url, { auth: (cb) => cb({ by: "callback" }) });
    await other.whenConnected();
    expect(seen).toEqual([{ n: 1 }, { n: 2 }, { by: "callback" }]);
  });

  test("an auth function that fails is a connect_error", async () => {
    const { url } = await serve(make);
    const socket = connect(url, {
      auth: async () => {
        throw new Error("no token");
      },
    });
    expect((await next<[Error]>(socket, "connect_error"))[0].message).toBe("no token");
    expect(socket.active).toBe(false);
  });

  test("query and extraHeaders changed at run time are those of the next connection", async () => {
    const { io: server, url } = await serve(make);
    const seen: unknown[] = [];
    server.on("connection", ({ handshake }) =>
      seen.push([handshake.query.a, handshake.query.b, handshake.headers["x-a"]]),
    );
    const socket = connect(`${url}?a=1=2&b=%2B`, { extraHeaders: { "x-a": "1" } });
    await socket.whenConnected();
    socket.io.opts.query = { a: "x y", b: 3 };
    socket.io.opts.extraHeaders = { "X-A": "2" };
    socket.io.engine.close();
    await next(socket, "connect");
    expect(seen).toEqual([
      ["1=2", "+", "1"],
      ["x y", "3", "2"],
    ]);
  });

  test("what a server that cannot be reached says, in each transport's words", async () => {
    const { url, kill } = await serve(make);
    await kill();
    const polling = connect(url, { reconnection: false });
    const [error] = await next<[Error]>(polling, "connect_error");
    expect(error).toMatchObject({
      message: "xhr poll error",
      type: "TransportError",
      description: 0,
      context: { status: 0 },
    });
    expect(polling.active).toBe(true);
    const websocket = connect(url, { reconnection: false, transports: ["websocket"] });
    expect((await next<[Error]>(websocket, "connect_error"))[0]).toMatchObject({
      message: "websocket error",
      type: "TransportError",
    });
  });

  test("a server that refuses tells its status and its answer", async () => {
    const { url } = await serve(make, { allowRequest: (_req, done) => done("not you", false) });
    const socket = connect(url, { reconnection: false });
    const [error] = await next<[Error & { context: { responseText: string } }]>(socket, "connect_error");
    expect(error).toMatchObject({ message: "xhr poll error", description: 403, context: { status: 403 } });
    expect(JSON.parse(error.context.responseText)).toEqual({ code: 4, message: "not you" });
  });

  test("recovers the connection's state: same id, no event missed", async () => {
    const { io: server, url } = await serve(make, { connectionStateRecovery: {} });
    server.on("connection", (peer) => peer.join("room"));
    const socket = connect(url, { transports: ["websocket"], reconnectionDelay: 100 });
    await socket.whenConnected();
    const { id } = socket;
    const got: unknown[] = [];
    socket.on("news", (n) => got.push(n));
    server.emit("news", 1);
    await until(() => got.length === 1);
    const lost = next(socket, "disconnect");
    socket.io.engine.close();
    expect(await lost).toEqual(["forced close", undefined]);
    await until(() => server.of("/").sockets.size === 0);
    server.to("room").emit("news", 2);
    await next(socket, "connect");
    await until(() => got.length === 2);
    expect([socket.recovered, socket.id, got]).toEqual([true, id, [1, 2]]);
  });
});
