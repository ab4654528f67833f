/** WebSocket as the only transport, and what is sent over it. */
import { describe, expect, test } from "vitest";
import type { MessageConsumer, PayloadTooLargeError } from "../../src/engine/index.ts";
import { PreparedMessage } from "../../src/engine/index.ts";
import { event, handshake, openWebSocket, RawClient, startEngine, wsEngines } from "./support.ts";

describe.each(wsEngines)("websocket (%s)", (_name, options) => {
  async function open(extra: object = {}) {
    const started = await startEngine({ ...options, ...extra });
    const opened = started.nextSession();
    const client = openWebSocket(started.port);
    const socket = await opened;
    const opening = await client.next();
    return { ...started, client, socket, opening };
  }

  test("the open packet offers no upgrades", async () => {
    const { opening, socket } = await open();
    expect(JSON.parse((opening as string).slice(1))).toMatchObject({ sid: socket.id, upgrades: [] });
  });

  test("text travels behind its type, binary bare", async () => {
    const { client, socket } = await open();
    socket.send("héllo");
    socket.send(Uint8Array.of(1, 2));
    socket.send(new Uint16Array([0x0403]).buffer);
    socket.send(new DataView(Uint8Array.of(9, 8, 7).buffer, 1, 1));
    expect(await client.next()).toBe("4héllo");
    expect(await client.next()).toEqual(Buffer.of(1, 2));
    expect(await client.next()).toEqual(Buffer.of(3, 4));
    expect(await client.next()).toEqual(Buffer.of(8));
    const received: unknown[] = [];
    const two = new Promise<void>((resolve) => {
      socket.on("message", (data) => received.push(data) === 2 && resolve());
    });
    client.send("4text");
    client.send(Uint8Array.of(0, 4));
    await two;
    expect(received).toEqual(["text", Buffer.of(0, 4)]);
  });

  test("frames that come with the handshake are not lost", async () => {
    const { port, engine } = await startEngine({
      ...options,
      allowRequest: (_req, fn) => setTimeout(() => fn(null, true), 20),
    });
    const message = new Promise((resolve) => {
      engine.on("connection", (socket) => socket.on("message", resolve));
    });
    const client = new RawClient(port);
    // "4hi", masked with zeros.
    client.write(`${handshake("")}\x81\x83\0\0\0\x004hi`);
    expect(await message).toBe("hi");
  });

  test.each(["x", "9", ""])("a frame that is no packet (%j) closes with a parse error", async (frame) => {
    const { client, socket } = await open();
    const closed = event(socket, "close");
    client.send(frame);
    expect((await closed)[0]).toBe("parse error");
    await client.closed;
  });

  test("a message over maxHttpBufferSize closes with 1009 and a reason that names the limit", async () => {
    const { client, socket } = await open({ maxHttpBufferSize: 1000 });
    const closed = event(socket, "close");
    client.send(`4${"x".repeat(1000)}`);
    const [reason, error] = (await closed) as [string, PayloadTooLargeError];
    expect(reason).toBe("transport error");
    expect([error.code, error.limit]).toEqual(["ERR_PAYLOAD_TOO_LARGE", 1000]);
    expect(await client.closed).toBe(1009);
  });

  test("a peer that vanishes ends the session", async () => {
    const { client, socket } = await open();
    const closed = event(socket, "close");
    client.ws.terminate();
    expect((await closed)[0]).toBe("transport close");
  });

  test("what is sent before close arrives before it", async () => {
    const { client, socket } = await open();
    for (let i = 0; i < 100; i++) socket.send(`${i}`);
    socket.close();
    for (let i = 0; i < 100; i++) expect(await client.next()).toBe(`4${i}`);
    expect(await client.next()).toBe("closed");
    expect(socket.readyState).toBe("closed");
  });

  test("callbacks are called in order when the messages have left, and drain follows", async () => {
    const { client, socket } = await open();
    const calls: string[] = [];
    const drained = event(socket, "drain");
    socket.send("a", {}, (transport) => calls.push(`a ${transport.name}`));
    socket.send("b");
    socket.write("c", { compress: false }, () => calls.push("c"));
    expect(calls).toEqual([]);
    await drained;
    expect(calls).toEqual(["a websocket", "c"]);
    expect(socket.bufferedAmount).toBe(0);
    expect(await client.next()).toBe("4a");
  });

  test("the consumer hears messages, drain and the end by plain calls, without any listener", async () => {
    const { client, socket } = await open();
    const calls: unknown[] = [];
    let wake = (): void => {};
    const consumer: MessageConsumer = {
      onMessage: (data) => {
        calls.push(data);
        socket.awaitDrain();
        socket.sendPrepared(new PreparedMessage([`re:${data}`]));
      },
      moveAway: () => {},
      onDrain: () => {
        calls.push("drain");
        client.close();
      },
      onClose: (reason) => {
        calls.push(reason);
        wake();
      },
    };
    socket.consumer = consumer;
    const over = new Promise<void>((resolve) => {
      wake = resolve;
    });
    client.send("4hello");
    expect(await client.next()).toBe("4re:hello");
    await over;
    expect(calls).toEqual(["hello", "drain", "transport close"]);
  });

  test("whoever begins to listen in the turn of a message hears that it has left", async () => {
    const { socket, engine } = await open();
    for (const emitter of [socket, socket.transport, engine]) {
      const drained = event(emitter, "drain");
      socket.send("a");
      await drained;
      const drainedAgain = event(emitter, "drain");
      socket.sendPrepared(new PreparedMessage(["b"]));
      await drainedAgain;
    }
    socket.send("c");
    await event(socket, "drain");
  });

  test("a callback of a message is called also when somebody listened before, and no more", async () => {
    const { socket } = await open();
    socket.once("drain", () => {});
    await new Promise((resolve) => socket.send("a", resolve));
    await new Promise((resolve) => socket.send("b", resolve));
  });

  test("a prepared message reaches many sessions, in order with what else they are sent", async () => {
    const { port, engine } = await startEngine(options);
    const clients = Array.from({ length: 5 }, () => openWebSocket(port));
    await Promise.all(clients.map((client) => client.next()));
    const message = new PreparedMessage(["one", Uint8Array.of(1, 2, 3), "two"]);
    for (const socket of Object.values(engine.clients)) {
      socket.send("before");
      expect(socket.sendPrepared(message)).toBe(true);
      socket.send("after");
    }
    for (const client of clients) {
      const frames = [];
      for (let i = 0; i < 5; i++) frames.push(await client.next());
      expect(frames).toEqual(["4before", "4one", Buffer.of(1, 2, 3), "4two", "4after"]);
    }
  });

  test("a volatile message is dropped while the connection is slow, others are kept", async () => {
    const { client, socket } = await open();
    client.ws.pause();
    const chunk = new Uint8Array(100_000);
    const volatile = new PreparedMessage(["volatile"]);
    expect(socket.sendPrepared(volatile, { volatile: true })).toBe(true);
    while (socket.bufferedAmount <= 65_536) {
      for (let i = 0; i < 50; i++) socket.send(chunk);
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect(socket.sendPrepared(volatile, { volatile: true })).toBe(false);
    expect(socket.sendPrepared(new PreparedMessage(["kept"]))).toBe(true);
    const drained = event(socket, "drain");
    client.ws.resume();
    await drained;
    expect(socket.bufferedAmount).toBe(0);
    expect(socket.sendPrepared(volatile, { volatile: true })).toBe(true);
  });

  test("packets are announced to those who listen", async () => {
    const { client, socket, engine } = await open();
    const created: unknown[] = [];
    const flushed: unknown[] = [];
    const seen: unknown[] = [];
    socket.on("packetCreate", (packet) => created.push(packet));
    socket.on("flush", (packets) => flushed.push(packets.length));
    engine.on("flush", (_socket, packets) => flushed.push(packets.length));
    socket.on("packet", (packet) => seen.push(packet));
    socket.send("a");
    socket.sendPrepared(new PreparedMessage(["b"]), { compress: false });
    expect(created).toEqual([
      { type: "message", data: "a", options: { compress: true } },
      { type: "message", data: "b", options: { compress: false } },
    ]);
    expect(flushed).toEqual([1, 1, 1, 1]);
    const message = event(socket, "data");
    client.send("4x");
    await message;
    expect(seen).toEqual([{ type: "message", data: "x" }]);
  });

  test("compresses when both sides agree, and what is prepared as well", async () => {
    const { client, socket } = await open({ perMessageDeflate: { threshold: 100 } });
    expect(client.ws.extensions).toContain("permessage-deflate");
    const text = "x".repeat(50_000);
    socket.send(text);
    socket.sendPrepared(new PreparedMessage([text]));
    socket.sendPrepared(new PreparedMessage([text]), { compress: false });
    for (let i = 0; i < 3; i++) expect(await client.next()).toBe(`4${text}`);
    const echoed = event(socket, "message");
    client.send(`4${text}`);
    expect((await echoed)[0]).toBe(text);
    const bytes = (client.ws as unknown as { _socket: { bytesRead: number } })._socket.bytesRead;
    expect(bytes).toBeGreaterThan(50_000);
    expect(bytes).toBeLessThan(60_000);
  });

  test("compression is off unless asked for", async () => {
    const { client } = await open();
    expect(client.ws.extensions).toBe("");
  });

  test("a sending after the end does nothing", async () => {
    const { socket } = await open();
    socket.close(true);
    socket.send("late", {}, () => {
      throw new Error("never called");
    });
    expect(socket.sendPrepared(new PreparedMessage(["late"]))).toBe(false);
    expect(socket.writeBuffer).toEqual([]);
  });
});

test("wsEngine takes a server class, and nothing else", async () => {
  await expect(startEngine({ wsEngine: "ws" })).rejects.toThrow(
    "expected wsEngine to be a WebSocket server class, got string",
  );
});
