/** Clients that receive more slowly than they are sent to: seen, waited for, and bounded. */
import { once } from "node:events";
import { connect, type Socket as TcpSocket } from "node:net";
import type { ServerOptions, SlowConsumer, Socket } from "@sockeye/server";
import { describe, expect, test, vi } from "vitest";
import { atEnd, world } from "./support/world.ts";

const KILOBYTES = "x".repeat(64 * 1024);

/** A client over bare TCP that does not read until it is told to. */
async function slow(options: Partial<ServerOptions> = {}): Promise<[Socket, TcpSocket, SlowConsumer[]]> {
  const { io, url } = await world(options);
  const told: SlowConsumer[] = [];
  io.on("slow_consumer", (event) => told.push(event));
  const tcp = connect(Number(new URL(url).port), "127.0.0.1");
  tcp.on("error", () => {});
  atEnd(() => tcp.destroy());
  tcp.write(
    "GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\n" +
      "Connection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n",
  );
  const arrived = once(io, "connection");
  await once(tcp, "data");
  // "40", masked with zeroes.
  tcp.write(Buffer.from([0x81, 0x82, 0, 0, 0, 0, 0x34, 0x30]));
  const [socket] = await arrived;
  tcp.pause();
  return [socket, tcp, told];
}

/** Sends until the operating system takes no more. */
async function fill(socket: Socket): Promise<void> {
  for (let turn = 0; turn < 200; turn++) {
    if (socket.bufferedAmount > 4 * KILOBYTES.length) return;
    socket.emit("fill", KILOBYTES);
    await new Promise((resolve) => setImmediate(resolve));
  }
}

test("bufferedAmount tells what waits, and drained() when nothing does", async () => {
  const [socket, tcp] = await slow();
  await socket.drained();
  expect(socket.bufferedAmount).toBe(0);
  await fill(socket);
  expect(socket.bufferedAmount).toBeGreaterThan(KILOBYTES.length);
  const drained = vi.fn();
  const promise = socket.drained().then(drained);
  await new Promise((resolve) => setImmediate(resolve));
  expect(drained).not.toHaveBeenCalled();
  tcp.resume();
  await promise;
  expect(socket.bufferedAmount).toBe(0);
});

test("drained() is rejected when the client goes", async () => {
  const [socket, tcp] = await slow();
  await fill(socket);
  const promise = socket.drained();
  tcp.destroy();
  await expect(promise).rejects.toThrow("socket has been disconnected");
  await expect(socket.drained()).rejects.toThrow("socket has been disconnected");
});

/** The names of the events that come, in order. */
function listen(tcp: TcpSocket): { names: Set<string> } {
  let text = "";
  const names = new Set<string>();
  tcp.on("data", (chunk) => {
    text = text.slice(-20) + chunk.toString("latin1");
    for (const [, name = ""] of text.matchAll(/42\d*\["(\w+)"/g)) names.add(name);
  });
  return { names };
}

test("volatile events are dropped while the client is slow, and everything else comes in order", async () => {
  const [socket, tcp, told] = await slow();
  await fill(socket);
  socket.volatile.emit("lost");
  socket.nsp.volatile.emit("lost");
  socket.emit("kept");
  const { names } = listen(tcp);
  tcp.resume();
  await socket.drained();
  socket.volatile.emit("ready");
  await vi.waitFor(() => expect([...names]).toEqual(["fill", "kept", "ready"]));
  expect(told).toEqual([]);
});

test("an event that times out while it waits for a slow client is not sent", async () => {
  const [socket, tcp] = await slow();
  await fill(socket);
  await expect(socket.timeout(20).emitWithAck("vain")).rejects.toThrow("operation has timed out");
  socket.emit("kept");
  const { names } = listen(tcp);
  tcp.resume();
  await vi.waitFor(() => expect([...names]).toEqual(["fill", "kept"]));
});

describe("slowConsumer", () => {
  const maxBufferedBytes = 256 * 1024;

  test("disconnect closes the connection, and tells how much waited", async () => {
    const [socket, , told] = await slow({ slowConsumer: { maxBufferedBytes, policy: "disconnect" } });
    const gone = once(socket, "disconnect");
    void fill(socket);
    expect((await gone)[0]).toBe("forced server close");
    expect(told).toMatchObject([{ policy: "disconnect", dropped: [] }]);
    expect(told[0]?.bufferedAmount).toBeGreaterThan(maxBufferedBytes);
    expect(told[0]?.client.conn).toBe(socket.conn);
  });

  test("drop-oldest stays within the limit, and tells what was dropped", async () => {
    const [socket, tcp, told] = await slow({ slowConsumer: { maxBufferedBytes, policy: "drop-oldest" } });
    await fill(socket);
    for (let n = 0; n < 20; n++) socket.emit(`late${n}`, KILOBYTES);
    expect(socket.bufferedAmount).toBeLessThanOrEqual(maxBufferedBytes);
    const dropped = told.flatMap((event) => event.dropped);
    expect(dropped.at(-1)?.messages[0]).toMatch(/^2\["late\d+"/);
    expect(dropped.at(-1)?.byteLength).toBeGreaterThan(KILOBYTES.length);
    const { names } = listen(tcp);
    tcp.resume();
    await vi.waitFor(() => expect(names).toContain("late19"));
    expect(names).not.toContain("late0");
    expect(socket.connected).toBe(true);
  });

  test("drop-volatile tells what was dropped, and keeps the rest", async () => {
    const [socket, tcp, told] = await slow({ slowConsumer: { maxBufferedBytes, policy: "drop-volatile" } });
    await fill(socket);
    socket.volatile.emit("lost", 1);
    socket.emit("kept");
    expect(told).toMatchObject([{ policy: "drop-volatile", dropped: [{ messages: ['2["lost",1]'] }] }]);
    const { names } = listen(tcp);
    tcp.resume();
    await vi.waitFor(() => expect([...names]).toEqual(["fill", "kept"]));
  });

  test("settings that cannot be meant are refused", async () => {
    const policy = "drop-all" as "disconnect";
    await expect(world({ slowConsumer: { maxBufferedBytes, policy } })).rejects.toThrow(
      "slowConsumer.policy",
    );
    await expect(world({ slowConsumer: { maxBufferedBytes: 0, policy: "disconnect" } })).rejects.toThrow(
      "slowConsumer.maxBufferedBytes",
    );
  });
});
