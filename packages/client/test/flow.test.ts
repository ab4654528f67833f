/** Backpressure, and other things that only a real network shows. */
import { describe, expect, test } from "vitest";
import { connect } from "./client.ts";
import { proxy } from "./proxy.ts";
import { serve, servers } from "./servers.ts";
import { next, until } from "./wait.ts";

describe.each(servers)("with %s", (_name, make) => {
  test.each([["polling"], ["websocket"]])(
    "drained() waits until what was emitted has left, by %s",
    async (transport) => {
      const { io: server, url } = await serve(make, { maxHttpBufferSize: 1e8 });
      let got = 0;
      server.on("connection", (peer) => peer.on("chunk", (chunk: Buffer) => (got += chunk.length)));
      const socket = connect(url, { transports: [transport] });
      await socket.whenConnected();
      expect(socket.bufferedAmount).toBe(0);
      await socket.drained();
      for (let i = 0; i < 20; i++) socket.emit("chunk", new Uint8Array(200_000));
      expect(socket.bufferedAmount).toBeGreaterThan(3_600_000);
      await socket.drained({ timeout: 8000 });
      expect(socket.bufferedAmount).toBe(0);
      await until(() => got === 4_000_000);
    },
  );

  test("drained() rejects when the connection is lost before, the time is over, or nobody waits any more", async () => {
    const { port } = await serve(make, { maxHttpBufferSize: 1e8 });
    const path = await proxy(port);
    const socket = connect(path.url, { transports: ["polling"] });
    await socket.whenConnected();
    await socket.drained();
    path.silent = true;
    socket.emit("chunk", new Uint8Array(100));
    await expect(socket.drained({ timeout: 30 })).rejects.toMatchObject({ code: "ERR_TIMEOUT" });
    await expect(socket.drained({ signal: AbortSignal.abort(new Error("enough")) })).rejects.toThrow(
      "enough",
    );
    const lost = socket.drained();
    lost.catch(() => {});
    socket.io.close();
    await expect(lost).rejects.toMatchObject({ code: "ERR_DISCONNECTED" });
  });

  test("a payload that the server would not take fails, and the connection stays", async () => {
    const { io: server, url } = await serve(make, { maxHttpBufferSize: 1000 });
    server.on("connection", (peer) => peer.on("echo", (text, done) => done(text.length)));
    for (const transport of ["polling", "websocket"]) {
      const socket = connect(url, { transports: [transport] });
      await socket.whenConnected();
      const { id } = socket;
      await expect(socket.emitWithAck("echo", "x".repeat(2000))).rejects.toMatchObject({
        code: "ERR_PAYLOAD_TOO_LARGE",
        maxPayload: 1000,
      });
      // The largest that fits: a quote and a bracket less than the limit, with all that is around the text.
      const largest = 1000 - '420["echo",""]'.length - 1;
      expect(await socket.emitWithAck("echo", "x".repeat(largest))).toBe(largest);
      expect(socket.id).toBe(id);
    }
  });

  test("many small events leave by polling in requests that the server takes", async () => {
    const { io: server, url } = await serve(make, { maxHttpBufferSize: 500 });
    let got = 0;
    server.on("connection", (peer) => peer.on("n", () => got++));
    const socket = connect(url, { transports: ["polling"] });
    for (let i = 0; i < 200; i++) socket.emit("n", "äöü".repeat(5));
    await until(() => got === 200);
    expect(socket.connected).toBe(true);
  });

  test("disconnects and connects again within one turn, with one connection at the end", async () => {
    const { io: server, url } = await serve(make);
    const socket = connect(url);
    await socket.whenConnected();
    for (let i = 0; i < 5; i++) socket.disconnect().connect();
    await socket.whenConnected();
    await until(() => server.of("/").sockets.size === 1);
    expect([...server.of("/").sockets.keys()]).toEqual([socket.id]);
  });

  test("a race that is won by WebSocket leaves one session, one that polling wins is upgraded", async () => {
    const { io: server, url, port } = await serve(make);
    const quick = connect(url, { connect: "race", raceDelay: 5000 });
    await quick.whenConnected();
    expect([quick.io.engine.transport.name, server.engine.clientsCount]).toEqual(["websocket", 1]);
    const path = await proxy(port);
    let refused = false;
    path.cutWhen = (sent) => {
      if (refused) return false;
      refused = /upgrade: websocket/i.test(sent);
      return refused;
    };
    const slow = connect(path.url, { connect: "race", raceDelay: 5000 });
    await slow.whenConnected();
    expect(slow.io.engine.transport.name).toBe("polling");
    await until(() => server.engine.clientsCount === 2);
    quick.disconnect();
    slow.disconnect();
    await until(() => server.engine.clientsCount === 0);
  });

  test("the loser of a race is closed cleanly: the server forgets it at once", async () => {
    const { io: server, url } = await serve(make, { pingInterval: 60_000 });
    const sockets = Array.from({ length: 10 }, () => connect(url, { connect: "race", raceDelay: 0 }));
    await Promise.all(sockets.map((socket) => socket.whenConnected()));
    await until(() => server.engine.clientsCount === 10);
    expect(server.of("/").sockets.size).toBe(10);
  });

  test("a handler that emits in turn sees its events in order", async () => {
    const { io: server, url } = await serve(make);
    server.on("connection", (peer) => peer.on("n", (n) => peer.emit("n", n + 1)));
    const socket = connect(url);
    const seen: number[] = [];
    const done = new Promise<void>((resolve) => {
      socket.on("n", (n: number) => {
        seen.push(n);
        if (n < 400) socket.emit("n", n + 1);
        else resolve();
      });
    });
    socket.emit("n", 0);
    await done;
    expect(seen).toEqual(Array.from({ length: 200 }, (_, i) => i * 2 + 1).concat(401));
    expect(await Promise.race([next(socket, "disconnect"), Promise.resolve("connected")])).toBe("connected");
  });
});
