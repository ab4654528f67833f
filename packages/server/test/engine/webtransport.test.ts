/** WebTransport, over streams in memory that are cut anywhere. */
import { FakeClock } from "@sockeye/core/testing";
import { describe, expect, test } from "vitest";
import type { EngineRequest, PayloadTooLargeError, ServerOptions } from "../../src/engine/index.ts";
import { PreparedMessage } from "../../src/engine/index.ts";
import { serveWebTransport } from "../../src/runtime/webtransport.ts";
import { event, openPolling, startEngine } from "./support.ts";
import { MemorySession } from "./webtransport-session.ts";

const enabled: ServerOptions = { transports: ["polling", "websocket", "webtransport"] };

async function connect(options: ServerOptions = {}, chunkSize?: number) {
  const started = await startEngine({ ...enabled, ...options });
  const session = new MemorySession(chunkSize);
  const opened = started.nextSession();
  void started.engine.onWebTransportSession(session, { remoteAddress: "192.0.2.7" });
  session.open();
  await session.send("0");
  return { ...started, session, socket: await opened };
}

describe("a new session", () => {
  test.each([1, 2, 3, 7, Number.POSITIVE_INFINITY])(
    "opens, echoes and closes in chunks of %i bytes",
    async (chunk) => {
      const { session, socket, engine } = await connect({}, chunk);
      const opening = (await session.next()) as string;
      expect(JSON.parse(opening.slice(1))).toMatchObject({ sid: socket.id, upgrades: [] });
      expect([socket.transport.name, socket.protocol, socket.remoteAddress]).toEqual([
        "webtransport",
        4,
        "192.0.2.7",
      ]);
      socket.on("message", (data) => socket.send(data));
      const messages = ["", "hello", "é😀", "x".repeat(300), "y".repeat(chunk < 4 ? 300 : 70_000)];
      for (const text of messages) {
        await session.send(`4${text}`);
        expect(await session.next()).toBe(`4${text}`);
      }
      for (const bytes of [Uint8Array.of(1, 2, 3), new Uint8Array(200).fill(9)]) {
        await session.send(bytes);
        expect(Buffer.from((await session.next()) as Uint8Array)).toEqual(Buffer.from(bytes));
      }
      const closed = event(socket, "close");
      await session.end();
      expect((await closed)[0]).toBe("transport close");
      expect(engine.clientsCount).toBe(0);
    },
  );

  test("messages are handed on as Buffers, those that came with the open packet too", async () => {
    const { engine } = await startEngine(enabled);
    const session = new MemorySession();
    const received: unknown[] = [];
    const three = new Promise<void>((resolve) => {
      engine.on("connection", (socket) =>
        socket.on("message", (data: unknown) => received.push(data) === 3 && resolve()),
      );
    });
    void engine.onWebTransportSession(session);
    session.open();
    // Open, "4a", binary 1, "4b" in one chunk.
    await session.write(Uint8Array.of(1, 48, 2, 52, 97, 129, 1, 2, 52, 98));
    await three;
    expect(received).toEqual(["a", Buffer.of(1), "b"]);
  });

  test("what is sent in one turn leaves in order; callbacks and drain follow", async () => {
    const { session, socket } = await connect();
    await session.next();
    const calls: string[] = [];
    const drained = event(socket, "drain");
    socket.send("a", undefined, () => calls.push("a"));
    socket.sendPrepared(new PreparedMessage(["b", Uint8Array.of(7)]));
    expect(socket.bufferedAmount).toBeGreaterThan(0);
    expect([await session.next(), await session.next()]).toEqual(["4a", "4b"]);
    expect(Buffer.from((await session.next()) as Uint8Array)).toEqual(Buffer.of(7));
    await drained;
    expect([calls, socket.bufferedAmount]).toEqual([["a"], 0]);
  });

  test("closing sends what waits, then closes the session", async () => {
    const { session, socket } = await connect();
    await session.next();
    socket.send("last");
    socket.close();
    expect(await session.next()).toBe("4last");
    expect(await session.next()).toBe("closed");
    await session.closed;
    expect(session.isClosed).toBe(true);
  });

  test("the session's own end ends ours", async () => {
    const { session, socket } = await connect();
    const closed = event(socket, "close");
    session.close();
    expect((await closed)[0]).toBe("transport close");
  });

  test("too much is refused as soon as it is announced", async () => {
    const { session, socket } = await connect({ maxHttpBufferSize: 1000 });
    const closed = event(socket, "close");
    await session.write(Uint8Array.of(126, 3, 233));
    const [reason, error] = (await closed) as [string, PayloadTooLargeError];
    expect([reason, error.code, error.limit]).toEqual(["transport error", "ERR_PAYLOAD_TOO_LARGE", 1000]);
  });

  test("what is no packet closes with a parse error", async () => {
    const { session, socket } = await connect();
    const closed = event(socket, "close");
    await session.send("x");
    expect((await closed)[0]).toBe("parse error");
  });
});

describe("an upgrade", () => {
  test.each([1, Number.POSITIVE_INFINITY])("moves a polling session in chunks of %i bytes", async (chunk) => {
    const { engine, url, nextSession } = await startEngine(enabled);
    const opened = nextSession();
    const client = await openPolling(url);
    expect(client.upgrades).toEqual(["websocket", "webtransport"]);
    const socket = await opened;
    const session = new MemorySession(chunk);
    void engine.onWebTransportSession(session);
    session.open();
    await session.send(`0{"sid":"${client.sid}"}`);
    await session.send("2probe");
    expect(await session.next()).toBe("3probe");
    socket.send("meanwhile");
    const upgraded = event(socket, "upgrade");
    await session.send("5");
    await upgraded;
    expect(await session.next()).toBe("4meanwhile");
    const message = event(socket, "message");
    await session.send("4hi");
    expect(await message).toEqual(["hi"]);
    expect(socket.transport.name).toBe("webtransport");
  });

  test("to an unknown session is refused", async () => {
    const { engine } = await startEngine(enabled);
    const reported = event(engine, "connection_error");
    const session = new MemorySession();
    void engine.onWebTransportSession(session);
    session.open();
    await session.send('0{"sid":"nobody"}');
    await session.closed;
    expect((await reported)[0]).toMatchObject({ code: 1, context: { sid: "nobody" } });
  });
});

describe("who is refused", () => {
  async function refusal(
    options: ServerOptions,
    frame = "0",
    use?: Parameters<typeof startEngine>[0] & object,
  ) {
    const { engine } = await startEngine({ ...enabled, ...options, ...use });
    const reported = event(engine, "connection_error");
    const session = new MemorySession();
    const done = engine.onWebTransportSession(session);
    session.open();
    session.send(frame).catch(() => {});
    await session.closed;
    await done;
    expect(engine.clientsCount).toBe(0);
    return (await reported)[0];
  }

  test("everybody, unless the transport is switched on", async () => {
    expect(await refusal({ transports: ["polling", "websocket"] })).toMatchObject({ code: 0 });
  });

  test("whom allowRequest does not let in", async () => {
    const error = await refusal({ allowRequest: (_req, fn) => fn("not you", false) });
    expect(error).toMatchObject({ code: 4, message: "Forbidden", context: { message: "not you" } });
  });

  test("whose origin is not on the allow-list", async () => {
    const { engine } = await startEngine({ ...enabled, cors: { origin: ["https://friend.example"] } });
    const reported = event(engine, "connection_error");
    const session = new MemorySession();
    void engine.onWebTransportSession(session, { headers: { origin: "https://stranger.example" } });
    await session.closed;
    expect((await reported)[0]).toMatchObject({ code: 4 });
  });

  test.each(["4hello", "2", "x", "0{}", "0nonsense", '0{"sid":7}'])("who begins with %j", async (frame) => {
    expect(await refusal({}, frame)).toMatchObject({
      code: 3,
      context: { name: "TRANSPORT_HANDSHAKE_ERROR" },
    });
  });

  test("whom a middleware turns away, or answers", async () => {
    for (const how of ["next", "end"]) {
      const { engine } = await startEngine(enabled);
      const seen: Array<string | undefined> = [];
      engine.use((req, res, next) => {
        seen.push((req as EngineRequest)._query.token);
        if (how === "next") next(new Error("no"));
        else res.end("no");
      });
      const session = new MemorySession();
      void engine.onWebTransportSession(session, { url: "/engine.io/?token=abc" });
      session.open();
      session.send("0").catch(() => {});
      await session.closed;
      expect([engine.clientsCount, seen]).toEqual([0, ["abc"]]);
    }
  });

  test("who opens no stream in upgradeTimeout", async () => {
    const clock = new FakeClock();
    const { engine } = await startEngine({ ...enabled, clock, upgradeTimeout: 300 });
    const session = new MemorySession();
    void engine.onWebTransportSession(session);
    await new Promise((resolve) => setImmediate(resolve));
    clock.advance(300);
    await session.closed;
    expect(engine.clientsCount).toBe(0);
  });
});

test("middlewares and allowRequest let in who they like, seeing the request's details", async () => {
  const { engine, nextSession } = await startEngine({
    ...enabled,
    allowRequest: (req, fn) => setTimeout(() => fn(null, req.headers["x-token"] === "t"), 5),
  });
  engine.use(async (_req, _res, next) => next());
  const opened = nextSession();
  const session = new MemorySession();
  void engine.onWebTransportSession(session, { headers: { "x-token": "t" } });
  session.open();
  await session.send("0");
  expect((await opened).request.headers).toEqual({ "x-token": "t" });
});

test("an HTTP/3 server's sessions are served until it ends", async () => {
  const { engine, nextSession } = await startEngine(enabled);
  const opened = nextSession();
  const good = Object.assign(new MemorySession(), { ready: Promise.resolve(), peerAddress: "192.0.2.9" });
  const bad = Object.assign(new MemorySession(), { ready: Promise.reject(new Error("never came to be")) });
  const sessions = [bad, good];
  const paths: string[] = [];
  const reader = {
    read: async () => {
      const value = sessions.shift();
      return value ? { done: false, value } : { done: true };
    },
  };
  await serveWebTransport(engine, {
    sessionStream: (path) => {
      paths.push(path);
      return { getReader: () => reader };
    },
  });
  good.open();
  await good.send("0");
  expect([(await opened).remoteAddress, paths]).toEqual(["192.0.2.9", ["/socket.io/"]]);
});
