/** WebTransport, over a stand-in for the platform's: in-memory streams that cut everything into small pieces. */
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { connect } from "./client.ts";
import { type Running, serve, servers } from "./servers.ts";
import { next, until } from "./wait.ts";

/** Hands on what is written: short frames a few bytes at a time, long ones in larger pieces; fails once `closed`. */
function cut(size: number, closed: Promise<void>): TransformStream<Uint8Array, Uint8Array> {
  return new TransformStream({
    start: (controller) => void closed.then(() => controller.error(new Error("the session is closed"))),
    transform(chunk, controller) {
      const step = chunk.length < 1000 ? size : 5000;
      for (let at = 0; at < chunk.length; at += step) controller.enqueue(chunk.slice(at, at + step));
    },
  });
}

interface ServerSession {
  ready: Promise<void>;
  closed: Promise<void>;
  incomingBidirectionalStreams: ReadableStream;
  close(): void;
}

/** Where sessions arrive, by port, as at a server's UDP socket. */
const listening = new Map<string, (session: ServerSession) => void>();

class FakeWebTransport {
  readonly ready: Promise<void> = Promise.resolve();
  readonly closed: Promise<void>;
  close: () => void = () => {};
  readonly #streams: ReadableStreamDefaultController[] = [];

  constructor(url: string) {
    const { protocol, port, search, pathname } = new URL(url);
    expect([protocol, search, pathname]).toEqual(["https:", "", "/socket.io/"]);
    const accept = listening.get(port);
    if (!accept) throw new Error("nobody listens");
    this.closed = new Promise((resolve) => {
      this.close = resolve;
    });
    const incomingBidirectionalStreams = new ReadableStream({
      start: (controller) => void this.#streams.push(controller),
    });
    accept({
      ready: this.ready,
      closed: this.closed,
      incomingBidirectionalStreams,
      close: () => this.close(),
    });
  }

  async createBidirectionalStream(): Promise<object> {
    const [up, down] = [cut(3, this.closed), cut(2, this.closed)];
    this.#streams[0]?.enqueue({ readable: up.readable, writable: down.writable });
    return { readable: down.readable, writable: up.writable };
  }
}

beforeEach(() => vi.stubGlobal("WebTransport", FakeWebTransport));
afterEach(() => {
  vi.unstubAllGlobals();
  listening.clear();
});

describe.each(servers)("with %s", (_name, make) => {
  const transports = ["polling", "websocket", "webtransport"] as ("polling" | "websocket")[];

  async function start(): Promise<Running> {
    const running = await serve(make, { transports });
    const engine = running.io.engine as unknown as {
      onWebTransportSession(session: ServerSession): Promise<void>;
    };
    listening.set(String(running.port), (session) => void engine.onWebTransportSession(session));
    running.io.on("connection", (peer) => peer.on("echo", (...args) => args.pop()(args)));
    return running;
  }

  test("exchanges text and binary of every length on one stream", async () => {
    const { url } = await start();
    const socket = connect(url, { transports: ["webtransport"] });
    for (const size of [1, 125, 126, 5000, 70_000]) {
      const bytes = Buffer.alloc(size, 7);
      expect(await socket.emitWithAck("echo", "ä".repeat(size / 2), bytes)).toEqual([
        "ä".repeat(size / 2),
        bytes,
      ]);
    }
    expect(socket.io.engine.transport.name).toBe("webtransport");
  });

  test("is what polling is upgraded to, before WebSocket", async () => {
    const { url } = await start();
    const socket = connect(url, { transports });
    await socket.whenConnected();
    if (socket.io.engine.transport.name === "polling") await next(socket.io.engine, "upgrade");
    expect(socket.io.engine.transport.name).toBe("webtransport");
    expect(await socket.emitWithAck("echo", 1)).toEqual([1]);
  });

  test("the end of the session is the end of the connection, on both sides", async () => {
    const { io: server, url } = await start();
    const socket = connect(url, { transports: ["webtransport"] });
    await socket.whenConnected();
    const gone = next<[string]>(socket, "disconnect");
    for (const peer of server.of("/").sockets.values()) peer.conn.close();
    expect((await gone)[0]).toMatch(/^transport (close|error)$/);
    await socket.whenConnected();
    socket.disconnect();
    await until(() => server.engine.clientsCount === 0);
  });

  test("falls back to WebSocket where the platform has none, or nobody answers", async () => {
    const { url } = await start();
    listening.clear();
    const options = { transports: ["webtransport", "websocket"], tryAllTransports: true };
    const socket = connect(url, options);
    await socket.whenConnected();
    vi.unstubAllGlobals();
    const other = connect(url, options);
    await other.whenConnected();
    expect([socket, other].map(({ io }) => io.engine.transport.name)).toEqual(["websocket", "websocket"]);
  });
});
