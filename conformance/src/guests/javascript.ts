/** JavaScript clients as guests: the official ones of three generations, and ours. */
import type { ManagerOptions, Socket, SocketOptions } from "socket.io-client";
import msgpackParser from "socket.io-msgpack-parser";
import type { Guest, Traits, Visit, Visitor } from "../guest.ts";
import { Mailbox } from "../mailbox.ts";
import { sceneEvents } from "../scenario.ts";

type Connect = (url: string, options: Partial<ManagerOptions & SocketOptions>) => Socket;

export type Library = "socket.io-client" | "socket.io-client-3" | "socket.io-client-2" | "@sockeye/client";

const labels: Record<Library, string> = {
  "socket.io-client": "socket.io-client 4.8.4",
  "socket.io-client-3": "socket.io-client 3.1.3",
  "socket.io-client-2": "socket.io-client 2.5.0",
  "@sockeye/client": "our client",
};

const transportsOf = {
  polling: ["polling"],
  websocket: ["websocket"],
  upgrade: ["polling", "websocket"],
};

export function javascript(
  library: Library,
  transport: Traits["transport"],
  msgpack = false,
): JavaScriptGuest {
  const latest = library === "socket.io-client" || library === "@sockeye/client";
  const traits: Traits = {
    eio: library === "socket.io-client-2" ? 3 : 4,
    transport,
    msgpack,
    recovery: latest,
    reasons: true,
    buffers: library !== "socket.io-client-2" && !msgpack,
    weighs: library === "@sockeye/client",
    quirks: {},
  };
  return new JavaScriptGuest(library, traits);
}

/** Loaded when first used: a test file needs one of them. */
const modules: Record<Library, () => Promise<unknown>> = {
  "socket.io-client": () => import("socket.io-client"),
  "socket.io-client-3": () => import("socket.io-client-3"),
  "socket.io-client-2": () => import("socket.io-client-2"),
  "@sockeye/client": () => import("@sockeye/client"),
};

/** Versions 2 and 3 are CommonJS: there the function is the module itself, or its default. */
async function connectOf(library: Library): Promise<Connect> {
  const { io, default: whole } = (await modules[library]()) as { io?: Connect; default: Connect };
  return io ?? whole;
}

export class JavaScriptGuest implements Guest {
  readonly name: string;
  readonly traits: Traits;
  readonly #connect: Promise<Connect>;
  readonly #visitors: SocketVisitor[] = [];

  constructor(library: Library, traits: Traits) {
    this.name = `${labels[library]}, ${traits.msgpack ? "msgpack, " : ""}${traits.transport}`;
    this.traits = traits;
    this.#connect = connectOf(library);
  }

  open(url: string, visit: Visit = {}): SocketVisitor[] {
    const visitors = (visit.nsps ?? ["/"]).map((nsp) => new SocketVisitor(`${this.name} in ${nsp}`));
    this.#visitors.push(...visitors);
    void this.#connect.then((connect) => this.#seat(connect, url, visit, visitors));
    return visitors;
  }

  #seat(connect: Connect, url: string, visit: Visit, visitors: SocketVisitor[]): void {
    const [first = "/", ...rest] = visit.nsps ?? ["/"];
    const auth = visit.auth ?? {};
    const socket = connect(`${url}${first}`, this.#options(visit, auth));
    const sockets = [socket, ...rest.map((nsp) => socket.io.socket(nsp, { auth }))];
    for (const [index, visitor] of visitors.entries()) visitor.sit(sockets[index] as Socket);
  }

  #options(visit: Visit, auth: Record<string, unknown>): Partial<ManagerOptions & SocketOptions> {
    const { eio, transport, msgpack } = this.traits;
    return {
      forceNew: true,
      transports: transportsOf[transport],
      reconnection: visit.reconnection ?? false,
      reconnectionDelay: 50,
      reconnectionDelayMax: 200,
      ...(eio === 4 ? { auth } : {}),
      query: { ...visit.query, ...(eio === 3 ? auth : {}) } as Record<string, string>,
      ...(msgpack ? { parser: msgpackParser } : {}),
    };
  }

  async dismiss(): Promise<void> {
    for (const visitor of this.#visitors.splice(0)) await visitor.leave();
  }
}

export class SocketVisitor implements Visitor {
  readonly mailbox: Mailbox;
  readonly #socket: Promise<Socket>;
  sit!: (socket: Socket) => void;

  constructor(name: string) {
    this.mailbox = new Mailbox(name);
    this.#socket = new Promise((resolve) => {
      this.sit = (socket) => {
        this.#listen(socket);
        resolve(socket);
      };
    });
  }

  #listen(socket: Socket): void {
    const mailbox = this.mailbox;
    const refused = (error: Error & { data?: unknown }): void =>
      mailbox.put("connect_error", [error.message ?? error, error.data]);
    const on = socket.on.bind(socket) as (name: string, listener: (...args: never[]) => void) => unknown;
    on("connect", () => mailbox.put("connect", []));
    on("disconnect", (reason: string) => mailbox.put("disconnect", [reason]));
    on("connect_error", refused);
    on("error", refused);
    for (const name of sceneEvents) on(name, (...args: unknown[]) => mailbox.put(name, answered(name, args)));
  }

  next(name: string, patience?: number): Promise<unknown[]> {
    return this.mailbox.next(name, patience);
  }

  take(name: string): unknown[][] {
    return this.mailbox.take(name);
  }

  emit(name: string, ...args: unknown[]): void {
    void this.#socket.then((socket) => socket.emit(name, ...args));
  }

  async call(name: string, ...args: unknown[]): Promise<unknown[]> {
    const socket = await this.#socket;
    return new Promise((resolve) => socket.emit(name, ...args, (...answers: unknown[]) => resolve(answers)));
  }

  async leave(): Promise<void> {
    (await this.#socket).disconnect();
  }
}

/** Guests answer a question with its own arguments, and never answer "silent". */
function answered(name: string, args: unknown[]): unknown[] {
  const answer = args.at(-1);
  if (typeof answer !== "function") return args;
  const rest = args.slice(0, -1);
  if (name === "question") answer(...rest);
  return rest;
}
