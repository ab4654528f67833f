/** Engines under test, and clients that speak to them byte by byte. */
import { once } from "node:events";
import { createServer, type Server as HttpServer } from "node:http";
import { type AddressInfo, connect, type Socket as NetSocket } from "node:net";
import { afterEach } from "vitest";
import WebSocketClient, { WebSocketServer } from "ws";
import {
  type AttachOptions,
  attach,
  type Server,
  type ServerOptions,
  type Socket,
} from "../../src/engine/index.ts";

const cleanups: Array<() => unknown> = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

/** Runs after the test, last first. */
export function onEnd(cleanup: () => unknown): void {
  cleanups.push(cleanup);
}

export interface TestEngine {
  engine: Server;
  http: HttpServer;
  port: number;
  url: string;
  /** The next session that opens. */
  nextSession(): Promise<Socket>;
}

/** Both ways to speak WebSocket that the engine has: every test about it runs over both. */
export const wsEngines: Array<[name: string, options: ServerOptions]> = [
  ["own WebSocket layer", {}],
  ["ws package", { wsEngine: WebSocketServer }],
];

/** An engine on a free port of its own HTTP server. */
export async function startEngine(
  options: ServerOptions & AttachOptions = {},
  http: HttpServer = createServer(),
): Promise<TestEngine> {
  const engine = attach(http, options);
  http.listen(0, "127.0.0.1");
  await once(http, "listening");
  onEnd(() => {
    engine.close();
    http.closeAllConnections?.();
    http.close();
  });
  const { port } = http.address() as AddressInfo;
  return {
    engine,
    http,
    port,
    url: `http://127.0.0.1:${port}`,
    nextSession: async () => (await once(engine, "connection"))[0] as Socket,
  };
}

/** One HTTP request over `fetch`, to the engine's path. */
export async function request(url: string, query: string, init: RequestInit = {}): Promise<Response> {
  return fetch(`${url}/engine.io/?EIO=4&${query}`, init);
}

/** Opens a polling session by hand. */
export async function openPolling(url: string, query = ""): Promise<PollingClient> {
  const response = await request(url, `transport=polling${query}`);
  const body = await response.text();
  const handshake = JSON.parse(body.slice(1).split("\u001e")[0] as string) as {
    sid: string;
    upgrades: string[];
  };
  return new PollingClient(url, handshake.sid, body, handshake.upgrades);
}

export class PollingClient {
  readonly url: string;
  readonly sid: string;
  readonly opening: string;
  readonly upgrades: string[];

  constructor(url: string, sid: string, opening: string, upgrades: string[]) {
    this.url = url;
    this.sid = sid;
    this.opening = opening;
    this.upgrades = upgrades;
  }

  async get(init: RequestInit = {}): Promise<Response> {
    return request(this.url, `transport=polling&sid=${this.sid}`, init);
  }

  /** The packets of the next answer. */
  async poll(): Promise<string[]> {
    return (await (await this.get()).text()).split("\u001e");
  }

  async post(body: string | Uint8Array, init: RequestInit = {}): Promise<Response> {
    return request(this.url, `transport=polling&sid=${this.sid}`, {
      method: "POST",
      body: body as string,
      headers: { "Content-Type": "text/plain;charset=UTF-8" },
      ...init,
    });
  }
}

/** A WebSocket whose frames can be awaited one by one. */
export class FrameClient {
  readonly ws: WebSocketClient;
  readonly #frames: Array<string | Buffer> = [];
  #wake: (() => void) | undefined;
  readonly closed: Promise<number>;

  constructor(url: string, options: WebSocketClient.ClientOptions = {}) {
    this.ws = new WebSocketClient(url, options);
    this.closed = new Promise((resolve) => this.ws.on("close", resolve));
    this.ws.on("error", () => {});
    this.ws.on("message", (data: Buffer, isBinary: boolean) => {
      this.#frames.push(isBinary ? data : data.toString());
      this.#wake?.();
    });
    this.ws.on("close", () => this.#wake?.());
    onEnd(() => this.ws.terminate());
  }

  /** The next frame, or "closed". */
  async next(): Promise<string | Buffer> {
    while (this.#frames.length === 0) {
      if (this.ws.readyState === this.ws.CLOSED) return "closed";
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    return this.#frames.shift() as string | Buffer;
  }

  send(data: string | Uint8Array): void {
    this.ws.send(data);
  }

  close(): void {
    this.ws.close();
  }
}

/** Opens a WebSocket to the engine; `query` may name a session. */
export function openWebSocket(
  port: number,
  query = "",
  options?: WebSocketClient.ClientOptions,
  eio: 3 | 4 = 4,
): FrameClient {
  return new FrameClient(`ws://127.0.0.1:${port}/engine.io/?EIO=${eio}&transport=websocket${query}`, options);
}

/** A TCP connection that says exactly what the test says. */
export class RawClient {
  readonly socket: NetSocket;
  received = "";
  readonly ended: Promise<void>;

  constructor(port: number) {
    this.socket = connect(port, "127.0.0.1");
    this.socket.setEncoding("latin1");
    this.socket.on("data", (chunk: string) => {
      this.received += chunk;
    });
    this.socket.on("error", () => {});
    this.ended = new Promise((resolve) => this.socket.on("close", () => resolve()));
    onEnd(() => this.socket.destroy());
  }

  write(text: string): void {
    this.socket.write(text, "latin1");
  }

  /** Waits until what came matches. */
  async until(pattern: RegExp): Promise<string> {
    while (!pattern.test(this.received)) {
      if (this.socket.closed) throw new Error(`closed after ${JSON.stringify(this.received)}`);
      await Promise.race([once(this.socket, "data"), this.ended]);
    }
    return this.received;
  }
}

/** The bytes of a WebSocket handshake. */
export function handshake(query: string, extra = ""): string {
  return [
    `GET /engine.io/?EIO=4&transport=websocket${query} HTTP/1.1`,
    "Host: localhost",
    "Upgrade: websocket",
    "Connection: Upgrade",
    "Sec-WebSocket-Version: 13",
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
    `${extra}\r\n`,
  ].join("\r\n");
}

/** The next call of an emitter's event, with all its arguments. */
export function event(emitter: NodeJS.EventEmitter, name: string): Promise<unknown[]> {
  // Not events.once: it rejects when the emitter tells an error meanwhile.
  return new Promise((resolve) => emitter.once(name, (...args: unknown[]) => resolve(args)));
}
