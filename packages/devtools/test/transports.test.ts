/** Recordings over less common ways: WebTransport, races, transports one after the other, another encoding. */
import { msgpackParser } from "@sockeye/client/msgpack";
import { Server } from "@sockeye/server";
import parser from "socket.io-msgpack-parser";
import { expect, onTestFinished, test, vi } from "vitest";
import { brief, type Place, serve as serveBy, tape } from "./servers.ts";

/** One of ours. */
const serve = (options: Parameters<typeof serveBy>[1]): Promise<Place> =>
  serveBy((http, options) => new Server(http, options as object) as never, options);

const withWebTransport = {
  transports: ["polling", "websocket", "webtransport"] as ("polling" | "websocket")[],
};

test("tells the handshake by WebTransport in its order", async () => {
  const { url, io } = await serve(withWebTransport);
  webTransport(io as never);
  const { socket, entries } = tape(url, { transports: ["webtransport"] });
  await socket.whenConnected();
  expect(entries().map(brief)).toEqual([
    "* Connecting",
    "> CONNECT webtransport",
    "< 200 CONNECT",
    "< open",
    "* Connected by webtransport",
    "> CONNECT",
    "< CONNECT",
  ]);
});

test("tells the probe and the upgrade to WebTransport, and on which transport each packet went", async () => {
  const { url, io } = await serve(withWebTransport);
  webTransport(io as never);
  io.on("connection", (peer) => peer.on("echo", (value, done) => done(value)));
  const { socket, entries, seen } = tape(url, { transports: ["polling", "webtransport"] });
  await seen((entry) => entry.kind === "note" && entry.text === "Upgraded to webtransport");
  await socket.emitWithAck("echo", new Uint8Array(300));
  const steps = ["> CONNECT webtransport", "< 200 CONNECT", "> ping probe", "< pong probe", "> upgrade"];
  expect(
    entries()
      .map(brief)
      .filter((step) => steps.includes(step)),
  ).toEqual(steps);
  const packets = entries().filter((entry) => entry.kind === "packet" && entry.event === "echo");
  expect(packets).toMatchObject([
    { transport: "webtransport", type: "EVENT", attachments: [300] },
    { transport: "webtransport", type: "ACK", attachments: [300] },
  ]);
});

test("a race that WebSocket wins looks like WebSocket alone", async () => {
  const { url } = await serve({});
  const { socket, entries } = tape(url, { connect: "race", raceDelay: 60_000 });
  await socket.whenConnected();
  expect(entries().map(brief).slice(0, 5)).toEqual([
    "* Connecting",
    "> GET websocket",
    "< 101 GET",
    "< open",
    "* Connected by websocket",
  ]);
});

test("in a race that long-polling wins, its first request stands before the answer", async () => {
  const { url } = await serve({ transports: ["polling"] });
  const { socket, entries } = tape(url, { connect: "race", raceDelay: 60_000 });
  await socket.whenConnected();
  expect(entries().map(brief).slice(0, 7)).toEqual([
    "* Connecting",
    "> GET websocket",
    "< 0 GET",
    "> GET polling",
    "< 200 GET",
    "< open",
    "* Connected by polling",
  ]);
  const [request, response] = entries().slice(3, 5);
  // Nobody told when it was sent.
  expect(request).toMatchObject({ answer: response?.seq });
  expect(request).not.toHaveProperty("duration");
});

test("tells of the transport that failed, and of the next one", async () => {
  const { url } = await serve({ transports: ["websocket"] });
  const { socket, entries } = tape(url, { tryAllTransports: true });
  await socket.whenConnected();
  expect(entries().map(brief).slice(0, 7)).toEqual([
    "* Connecting",
    "> GET polling",
    "< 400 GET",
    "> GET websocket",
    "< 101 GET",
    "< open",
    "* Connected by websocket",
  ]);
});

test("reads MessagePack, and shows it as JSON", async () => {
  const { url, io } = await serve({ parser });
  io.on("connection", (peer) => peer.on("echo", (value, done) => done(value)));
  const { socket, entries } = tape(url, { parser: msgpackParser, transports: ["websocket"] });
  await socket.emitWithAck("echo", { n: 1, file: new Uint8Array(3) });
  expect(entries().slice(-2)).toMatchObject([
    {
      ...{ direction: "out", type: "EVENT", event: "echo", namespace: "/", attachments: [3] },
      text: '["echo",{"n":1,"file":{"_placeholder":true,"num":0}}]',
      // Of the wire: less than JSON would take.
      bytes: 42,
    },
    { direction: "in", type: "ACK", event: "echo", latency: expect.any(Number), attachments: [3] },
  ]);
});

interface Session {
  ready: Promise<void>;
  closed: Promise<void>;
  incomingBidirectionalStreams: ReadableStream;
  close(): void;
}

/** The platform's WebTransport, in memory: every session arrives at one server. */
function webTransport(io: Server): void {
  vi.stubGlobal(
    "WebTransport",
    class implements Partial<Session> {
      readonly ready = Promise.resolve();
      readonly #incoming = new TransformStream();
      close: () => void = () => {};
      readonly closed = new Promise<void>((resolve) => {
        this.close = resolve;
      });

      constructor() {
        const { ready, closed, close } = this;
        const session = { ready, closed, close, incomingBidirectionalStreams: this.#incoming.readable };
        void io.engine.onWebTransportSession(session as never);
      }

      async createBidirectionalStream(): Promise<object> {
        const [up, down] = [new TransformStream(), new TransformStream()];
        const writer = this.#incoming.writable.getWriter();
        void writer.write({ readable: up.readable, writable: down.writable });
        return { readable: down.readable, writable: up.writable };
      }
    },
  );
  onTestFinished(() => void vi.unstubAllGlobals());
}
