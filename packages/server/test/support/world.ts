/** A server under test and its guests: official clients and raw frames, closed after each test. */
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { Server, type ServerOptions, type Socket } from "@sockeye/server";
import {
  io as connect,
  type Socket as Guest,
  type ManagerOptions,
  type SocketOptions,
} from "socket.io-client";
import { afterEach } from "vitest";
import { WebSocket } from "ws";

const cleanups: Array<() => unknown> = [];

afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

/** Runs when the test is over. */
export function atEnd(cleanup: () => unknown): void {
  cleanups.push(cleanup);
}

export interface World {
  io: Server;
  url: string;
  /** An official client, connected to a namespace. */
  guest(namespace?: string, options?: Partial<ManagerOptions & SocketOptions>): Guest;
  /** An official client once it is connected, with its socket here. */
  pair(namespace?: string, options?: Partial<ManagerOptions & SocketOptions>): Promise<[Socket, Guest]>;
  /** A bare WebSocket that speaks frames. */
  raw(): Promise<Raw>;
}

export async function world(options: Partial<ServerOptions> = {}): Promise<World> {
  const httpServer = createServer();
  const io = new Server(httpServer, options);
  httpServer.listen(0, "127.0.0.1");
  await once(httpServer, "listening");
  const url = `http://127.0.0.1:${(httpServer.address() as AddressInfo).port}`;
  atEnd(() => io.close());
  const guest: World["guest"] = (namespace = "/", settings = {}) => {
    const client = connect(url + namespace, { transports: ["websocket"], forceNew: true, ...settings });
    atEnd(() => client.disconnect());
    return client;
  };
  return {
    io,
    url,
    guest,
    async pair(namespace = "/", settings = {}) {
      const arrived = new Promise<Socket>((resolve) => io.of(namespace).once("connection", resolve));
      const client = guest(namespace, settings);
      await once(client as never, "connect");
      return [await arrived, client];
    },
    raw: () => Raw.open(url),
  };
}

/** A WebSocket under the Engine.IO protocol: what comes is waited for in order. */
export class Raw {
  readonly socket: WebSocket;
  readonly #frames: Array<string | Buffer> = [];
  #wake: (() => void) | undefined;
  closed = false;

  constructor(socket: WebSocket) {
    this.socket = socket;
    socket.on("message", (data: Buffer, isBinary) => this.#take(isBinary ? data : data.toString()));
    socket.on("close", () => {
      this.closed = true;
      this.#wake?.();
    });
    socket.on("error", () => {});
  }

  static async open(url: string, query = "EIO=4"): Promise<Raw> {
    const socket = new WebSocket(`${url.replace("http", "ws")}/socket.io/?${query}&transport=websocket`);
    const raw = new Raw(socket);
    atEnd(() => socket.terminate());
    await raw.next();
    return raw;
  }

  #take(frame: string | Buffer): void {
    if (frame === "2") this.socket.send("3");
    else {
      this.#frames.push(frame);
      this.#wake?.();
    }
  }

  send(...frames: Array<string | Buffer>): this {
    for (const frame of frames) this.socket.send(frame);
    return this;
  }

  /** The next frame; `undefined` when the connection is closed. */
  async next(): Promise<string | Buffer | undefined> {
    while (this.#frames.length === 0 && !this.closed) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    return this.#frames.shift();
  }

  /** Connects to a namespace; the answer. */
  async connect(namespace = "", auth?: object): Promise<Record<string, string>> {
    this.send(`40${namespace}${auth ? JSON.stringify(auth) : ""}`);
    const answer = String(await this.next());
    return JSON.parse(answer.slice(answer.indexOf("{"))) as Record<string, string>;
  }

  /** Waits until the server has closed the connection. */
  async end(): Promise<void> {
    while ((await this.next()) !== undefined);
  }
}
