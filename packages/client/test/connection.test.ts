/** Connecting, exchanging events and leaving, on every transport, with every server. */
import { afterEach, describe, expect, test } from "vitest";
import { io, type Socket } from "../src/index.node.ts";
import { serve, servers } from "./servers.ts";
import { next } from "./wait.ts";

const open: Socket[] = [];
const connect = (...args: Parameters<typeof io>): Socket => {
  const socket = io(...args);
  open.push(socket);
  return socket;
};

afterEach(() => {
  for (const socket of open.splice(0)) socket.io.close();
});

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
      let n = 0;
      const timer = setInterval(() => {
        for (let i = 0; i < 10; i++) peer.emit("n", n++);
        if (n === 500) clearInterval(timer);
      }, 2);
    });
    const socket = connect(url);
    await next(socket, "connect");
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
    await socket
      .timeout(2000)
      .emitWithAck("n", n++)
      .catch(() => {});
    const sequence = Array.from({ length: 500 }, (_, i) => i);
    expect(received).toEqual(sequence);
    expect(got.slice(0, 500)).toEqual(sequence);
  });
});
