/** Delivery that outlives connections, between our client and our server; official ones see plain Socket.IO. */
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { io as connect, type ManagerOptions, type SocketOptions } from "@sockeye/client";
import { type ReliableExpired, Server, type ServerOptions } from "@sockeye/server";
import { Server as OfficialServer } from "socket.io";
import { io as official } from "socket.io-client";
import { afterEach, describe, expect, test, vi } from "vitest";

const cleanups: Array<() => unknown> = [];
const atEnd = (cleanup: () => unknown): void => void cleanups.unshift(cleanup);

afterEach(async () => {
  for (const cleanup of cleanups.splice(0)) await cleanup();
});

async function serve<S extends { close(): unknown }>(
  make: (http: ReturnType<typeof createServer>) => S,
): Promise<[S, string]> {
  const http = createServer();
  const io = make(http);
  http.listen(0, "127.0.0.1");
  await once(http, "listening");
  atEnd(() => io.close());
  return [io, `http://127.0.0.1:${(http.address() as AddressInfo).port}`];
}

const ours = (options: Partial<ServerOptions> = {}): Promise<[Server, string]> =>
  serve((http) => new Server(http, options));

function guest(url: string, options: Partial<ManagerOptions & SocketOptions> = {}) {
  const client = connect(url, {
    transports: ["websocket"],
    forceNew: true,
    reconnectionDelay: 10,
    ...options,
  });
  atEnd(() => client.disconnect());
  return client;
}

describe("events with retries", () => {
  test("are handled once although the answer was lost, and get the answer of then", async () => {
    const [io, url] = await ours();
    const handled: string[] = [];
    io.on("connection", (socket) => {
      expect(socket.handshake.auth).toEqual({});
      socket.on("order", (item: string, done: (count: number) => void) => {
        handled.push(item);
        // The connection is lost with the answer on its way.
        if (handled.length === 1) socket.conn.close(true);
        done(handled.length);
      });
    });
    const client = guest(url, { retries: 5 });
    expect(await client.emitWithAck("order", "tea")).toBe(1);
    expect(await client.emitWithAck("order", "milk")).toBe(2);
    expect(handled).toEqual(["tea", "milk"]);
  });

  test("wait for a handler that still runs when the client is back", async () => {
    const [io, url] = await ours();
    const answers: Array<(word: string) => void> = [];
    let onRepeated = (): void => {};
    const repeated = new Promise<void>((resolve) => {
      onRepeated = resolve;
    });
    io.on("connection", (socket) => {
      if (answers.length > 0) socket.conn.once("packet", () => onRepeated());
      socket.on("order", (done: (word: string) => void) => {
        answers.push(done);
        socket.conn.close(true);
      });
    });
    const answer = guest(url, { retries: 5 }).emitWithAck("order");
    await repeated;
    answers[0]?.("late");
    expect(await answer).toBe("late");
    expect(answers.length).toBe(1);
  });

  test("are handled again when the handler failed", async () => {
    const [io, url] = await ours();
    let calls = 0;
    const failed = once(io, "handler_error");
    io.on("connection", (socket) =>
      socket.on("order", async (done: (calls: number) => void) => {
        if (++calls === 1) throw new Error("the database is away");
        done(calls);
      }),
    );
    const client = guest(url, { retries: 5, ackTimeout: 50 });
    expect(await client.emitWithAck("order")).toBe(2);
    await failed;
  });

  test("are plain for an official server, but for one key of the credentials", async () => {
    const [io, url] = await serve((http) => new OfficialServer(http));
    const seen: unknown[] = [];
    io.on("connection", (socket) => {
      seen.push(socket.handshake.auth);
      socket.onAny((...args) => seen.push(args.slice(0, -1)));
      socket.on("order", (_item, done) => done("ok"));
    });
    const client = guest(url, { retries: 1, auth: { token: "t" } });
    expect(await client.emitWithAck("order", "tea")).toBe("ok");
    expect(seen).toEqual([{ delivery: [null, 0], token: "t" }, ["order", "tea"]]);
  });
});

describe("socket.reliable", () => {
  test("brings everything once and in order through lost connections", async () => {
    const [io, url] = await ours();
    const arrived = once(io, "connection");
    const client = guest(url, { reliable: true });
    const heard: number[] = [];
    client.on("tick", (number: number) => {
      heard.push(number);
      if (number % 7 === 0) client.io.engine.close();
    });
    let [socket] = await arrived;
    io.on("connection", (next) => {
      socket = next;
    });
    for (let number = 1; number <= 50; number++) {
      socket.reliable.emit("tick", number);
      if (number % 5 === 0) await new Promise(setImmediate);
    }
    await vi.waitFor(() => expect(heard.length).toBe(50), 5000);
    expect(heard).toEqual(Array.from({ length: 50 }, (_, index) => index + 1));
  });

  test("that comes a second time is not heard again", async () => {
    const [io, url] = await ours();
    const arrived = once(io, "connection");
    const client = guest(url, { reliable: true });
    const heard: number[] = [];
    client.on("tick", (number: number) => heard.push(number));
    const [socket] = await arrived;
    socket.reliable.emit("tick", 1);
    socket.conn.send('2["sockeye:reliable",1,"tick",1]');
    socket.reliable.emit("tick", 2);
    await vi.waitFor(() => expect(heard.at(-1)).toBe(2));
    expect(heard).toEqual([1, 2]);
  });

  test("is a plain event for official clients", async () => {
    const [io, url] = await ours();
    const arrived = once(io, "connection");
    const client = official(url, { transports: ["websocket"], forceNew: true });
    atEnd(() => client.disconnect());
    const heard = new Promise((resolve) => client.on("tick", (...args: unknown[]) => resolve(args)));
    const [socket] = await arrived;
    socket.reliable.emit("tick", 1, "two");
    expect(await heard).toEqual([1, "two"]);
  });

  test("says what it gives up: too many, and nobody there in time", async () => {
    const [io, url] = await ours({ delivery: { maxEvents: 2, duration: 30 } });
    const expired: ReliableExpired[] = [];
    io.on("reliable_expired", (event) => expired.push(event));
    const arrived = once(io, "connection");
    const client = guest(url, { reliable: true });
    const [socket] = await arrived;
    const gone = once(socket, "disconnect");
    client.disconnect();
    await gone;
    for (const number of [1, 2, 3]) socket.reliable.emit("tick", number);
    await vi.waitFor(() => expect(expired.length).toBe(2));
    socket.reliable.emit("tick", 4);
    expect(expired).toEqual([
      { socketId: socket.id, events: [["tick", 1]], reason: "overflow" },
      {
        socketId: socket.id,
        events: [
          ["tick", 2],
          ["tick", 3],
        ],
        reason: "timeout",
      },
      { socketId: socket.id, events: [["tick", 4]], reason: "timeout" },
    ]);
  });

  test("is acknowledged by one receipt for many", async () => {
    const [io, url] = await ours();
    const arrived = once(io, "connection");
    const client = guest(url, { reliable: true });
    const [socket] = await arrived;
    const packets: unknown[] = [];
    socket.conn.on("packet", ({ data }: { data: string }) => packets.push(data));
    for (let number = 1; number <= 20; number++) socket.reliable.emit("tick", number);
    await vi.waitFor(() => expect(packets).toEqual(['2["sockeye:received",20]']));
    expect(client.connected).toBe(true);
  });

  test("takes no acknowledgement callback, and bounds are checked", async () => {
    const [io, url] = await ours();
    const arrived = once(io, "connection");
    guest(url, { reliable: true });
    const [socket] = await arrived;
    expect(() => socket.reliable.emit("tick", () => {})).toThrow(TypeError);
    expect(() => new Server({ delivery: { maxEvents: 0 } })).toThrow(TypeError);
  });
});
