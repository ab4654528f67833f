/** A server under test, and clients that are nothing but a socket. */
import { once } from "node:events";
import { createServer, type IncomingMessage, type Server } from "node:http";
import { type AddressInfo, connect, type Socket } from "node:net";
import type { Duplex } from "node:stream";
import { onTestFinished } from "vitest";
import {
  type AcceptOptions,
  guard,
  Refusal,
  refuse,
  type WebSocketConnection,
  type WebSocketHandler,
  WebSocketServer,
  type WebSocketServerOptions,
} from "../src/index.ts";
import { type ReadFrame, readFrames } from "./frames.ts";

/** What a connection told its handler, in order. */
export type Event =
  | { type: "message"; data: string | Buffer }
  | { type: "close"; code: number; reason: string }
  | { type: "error"; error: Error & { code?: string } };

/** A connection on the server's side that writes down what happens to it. */
export class Side implements WebSocketHandler {
  readonly connection: WebSocketConnection;
  readonly request: IncomingMessage;
  readonly socket: Duplex;
  readonly events: Event[] = [];
  drains = 0;
  onMessage: (data: string | Buffer) => void = () => {};
  #watchers: Array<() => void> = [];

  constructor(connection: WebSocketConnection, request: IncomingMessage, socket: Duplex) {
    this.connection = connection;
    this.request = request;
    this.socket = socket;
    connection.handler = this;
  }

  received(data: string | Buffer): void {
    this.#note({ type: "message", data });
    this.onMessage(data);
  }

  drained(): void {
    this.drains++;
    this.#wake();
  }

  closed(code: number, reason: string): void {
    this.#note({ type: "close", code, reason });
  }

  failed(error: Error): void {
    this.#note({ type: "error", error });
  }

  get messages(): Array<string | Buffer> {
    return this.events.flatMap((event) => (event.type === "message" ? [event.data] : []));
  }

  get errors(): Array<Error & { code?: string }> {
    return this.events.flatMap((event) => (event.type === "error" ? [event.error] : []));
  }

  get ending(): { code: number; reason: string } | undefined {
    const event = this.events.find(({ type }) => type === "close");
    return event?.type === "close" ? { code: event.code, reason: event.reason } : undefined;
  }

  async until(condition: () => boolean): Promise<void> {
    while (!condition()) await new Promise<void>((resolve) => this.#watchers.push(resolve));
  }

  async untilClosed(): Promise<{ code: number; reason: string }> {
    await this.until(() => this.ending !== undefined);
    return this.ending as { code: number; reason: string };
  }

  #note(event: Event): void {
    this.events.push(event);
    this.#wake();
  }

  #wake(): void {
    const watchers = this.#watchers;
    this.#watchers = [];
    for (const watcher of watchers) watcher();
  }
}

export interface Stage {
  readonly http: Server;
  readonly port: number;
  readonly server: WebSocketServer;
  readonly sides: Side[];
  /** The next connection on the server's side. */
  next(): Promise<Side>;
  /** Called with each new connection, in the turn it was accepted. */
  onSide: (side: Side) => void;
  /** A raw client past the handshake, and its server side. */
  pair(headers?: Record<string, string>): Promise<[RawPeer, Side]>;
}

/** Starts an HTTP server on a free port that accepts every handshake it can, until the test has finished. */
export async function stage(options?: WebSocketServerOptions, accept?: AcceptOptions): Promise<Stage> {
  const server = new WebSocketServer(options);
  const http = createServer();
  const sides: Side[] = [];
  const waiting: Array<(side: Side) => void> = [];
  const sockets = new Set<Duplex>();
  http.on("upgrade", (request, socket, head) => {
    sockets.add(socket);
    const accepted = server.accept(request, socket, head, accept);
    if (accepted instanceof Refusal) return refuse(socket, accepted);
    const side = new Side(accepted, request, socket);
    sides.push(side);
    it.onSide(side);
    waiting.shift()?.(side);
  });
  http.listen(0, "127.0.0.1");
  await once(http, "listening");
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    http.close();
  });
  const { port } = http.address() as AddressInfo;
  const it: Stage = {
    http,
    port,
    server,
    sides,
    onSide: () => {},
    next: () => new Promise((resolve) => waiting.push(resolve)),
    async pair(headers) {
      const side = it.next();
      const peer = await RawPeer.open(port, headers);
      return [peer, await side];
    },
  };
  return it;
}

const sampleKey = "dGhlIHNhbXBsZSBub25jZQ==";

/** The bytes of a handshake request; a header given as null is left out. */
export function request(headers: Record<string, string | null> = {}, line = "GET / HTTP/1.1"): string {
  const all = {
    Host: "localhost",
    Upgrade: "websocket",
    Connection: "Upgrade",
    "Sec-WebSocket-Key": sampleKey,
    "Sec-WebSocket-Version": "13",
    ...headers,
  };
  const lines = Object.entries(all).flatMap(([name, value]) => (value === null ? [] : [`${name}: ${value}`]));
  return `${[line, ...lines].join("\r\n")}\r\n\r\n`;
}

/** A client that is nothing but a socket. */
export class RawPeer {
  readonly socket: Socket;
  /** What came and was not yet taken. */
  #bytes: Buffer = Buffer.alloc(0);
  #room: Buffer = Buffer.alloc(0);
  #at = 0;
  #ended = false;
  #watchers: Array<() => void> = [];

  constructor(socket: Socket) {
    this.socket = socket;
    guard(socket);
    socket.setNoDelay();
    socket.on("data", (chunk: Buffer) => {
      this.#append(chunk);
      this.#wake();
    });
    for (const event of ["close", "end"]) {
      socket.on(event, () => {
        this.#ended = true;
        this.#wake();
      });
    }
    onTestFinished(() => {
      socket.destroy();
    });
  }

  /** Connects without saying anything. */
  static async connect(port: number): Promise<RawPeer> {
    const socket = connect({ port, host: "127.0.0.1", allowHalfOpen: true });
    await once(socket, "connect");
    return new RawPeer(socket);
  }

  /** Connects and does the handshake. */
  static async open(port: number, headers?: Record<string, string>): Promise<RawPeer> {
    const peer = await RawPeer.connect(port);
    peer.send(request(headers));
    const response = await peer.head();
    if (!response.startsWith("HTTP/1.1 101 ")) throw new Error(`refused: ${response}`);
    return peer;
  }

  send(...bytes: Array<string | Uint8Array>): void {
    this.socket.write(Buffer.concat(bytes.map((each) => Buffer.from(each as Uint8Array))));
  }

  /** The response's status line and headers. */
  async head(): Promise<string> {
    await this.#until(() => this.#bytes.includes("\r\n\r\n"));
    const end = this.#bytes.indexOf("\r\n\r\n") + 4;
    return this.#take(end).toString("latin1");
  }

  /** The next `count` frames of the server. */
  async frames(count: number): Promise<ReadFrame[]> {
    await this.#until(() => readFrames(this.#bytes, count).frames.length === count);
    const { frames, size } = readFrames(this.#bytes, count);
    this.#take(size);
    return frames;
  }

  /** The next frame, which has to be a Close frame; then the server's FIN, which has to follow it. */
  async closing(): Promise<{ code: number | undefined; reason: string }> {
    const [last] = await this.frames(1);
    if (last?.opcode !== 8) throw new Error(`expected a Close frame, got opcode ${last?.opcode}`);
    await this.ended();
    const code = last.payload.length === 0 ? undefined : last.payload.readUInt16BE(0);
    return { code, reason: last.payload.toString("utf8", 2) };
  }

  /** All that comes until the server's FIN or reset. */
  async rest(): Promise<Buffer> {
    await this.ended();
    return this.#bytes;
  }

  async ended(): Promise<void> {
    while (!this.#ended) await new Promise<void>((resolve) => this.#watchers.push(resolve));
  }

  async #until(condition: () => boolean): Promise<void> {
    while (!condition()) {
      if (this.#ended)
        throw new Error(`the server ended the connection; it sent ${this.#bytes.toString("hex")}`);
      await new Promise<void>((resolve) => this.#watchers.push(resolve));
    }
  }

  // With room to spare behind what was not yet taken, so that megabytes in small chunks take no minutes.
  #append(chunk: Buffer): void {
    const length = this.#bytes.length + chunk.length;
    if (this.#room.length < this.#at + length) {
      const room = Buffer.allocUnsafeSlow(length * 2);
      this.#bytes.copy(room);
      this.#room = room;
      this.#at = 0;
    }
    chunk.copy(this.#room, this.#at + this.#bytes.length);
    this.#bytes = this.#room.subarray(this.#at, this.#at + length);
  }

  #take(size: number): Buffer {
    const taken = this.#bytes.subarray(0, size);
    this.#bytes = this.#bytes.subarray(size);
    this.#at += size;
    return taken;
  }

  #wake(): void {
    const watchers = this.#watchers;
    this.#watchers = [];
    for (const watcher of watchers) watcher();
  }
}
