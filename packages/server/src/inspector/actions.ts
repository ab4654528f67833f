/** What an inspector does to others, in two steps: it is told what will happen, and then confirms. */
import { randomUUID } from "node:crypto";
import type { Clock } from "@sockeye/core";
import type { AnyNamespace } from "../api/server.ts";

/** What is asked for. Without `socket` and `target`, it is for all sockets of the namespace. */
export interface ActionRequest {
  action: "join" | "leave" | "disconnect";
  namespace: string;
  /** For one socket. */
  socket?: string;
  /** For the members of a room. */
  target?: string;
  /** The room to be joined or left. */
  room?: string;
  /** Whether the connections under all namespaces are closed, too; for "disconnect". Default false. */
  close?: boolean;
}

/** What would happen. */
export interface ActionProposal {
  /** To be sent back as a confirmation; it is good for one time. */
  token: string;
  /** "disconnect 12 sockets of room lobby in /chat" */
  statement: string;
  sockets: number;
  /** Milliseconds for which the token is good. */
  expiresIn: number;
}

interface Pending {
  expires: number;
  run(): void;
  sockets: number;
}

/** Proposals of one inspector that wait; an older one goes for a newer one. */
const MAX_PENDING = 10;

export class Actions {
  readonly #clock: Clock;
  readonly #confirmWithin: number;
  readonly #pending: Map<string, Pending> = new Map();

  constructor(clock: Clock, confirmWithin: number) {
    this.#clock = clock;
    this.#confirmWithin = confirmWithin;
  }

  /**
   * @param servers how many there are in the cluster: all are meant
   * @throws RangeError when the request makes no sense, or there is nobody whom it could concern
   */
  async propose(namespace: AnyNamespace, request: ActionRequest, servers: number): Promise<ActionProposal> {
    const { action, socket, target, room, close = false } = request;
    if (!["join", "leave", "disconnect"].includes(action)) throw new RangeError("there is no such action");
    if (action !== "disconnect" && (typeof room !== "string" || room === "")) {
      throw new RangeError("the room is missing");
    }
    const selector = socket ?? target;
    if (selector !== undefined && typeof selector !== "string") throw new RangeError("a name must be a text");
    // Exactly those who are there now: who comes later is not meant.
    const found = await (selector === undefined ? namespace : namespace.in(selector)).fetchSockets();
    const ids = found.map(({ id }) => id);
    if (ids.length === 0) throw new RangeError("there is no such socket");
    const chosen = namespace.in(ids);
    const token = randomUUID();
    this.#keep(token, {
      expires: this.#clock.now() + this.#confirmWithin,
      sockets: ids.length,
      run: () => {
        if (action === "disconnect") chosen.disconnectSockets(close === true);
        else if (action === "join") chosen.socketsJoin(room as string);
        else chosen.socketsLeave(room as string);
      },
    });
    const statement = state(request, namespace.name, ids.length, servers);
    return { token, statement, sockets: ids.length, expiresIn: this.#confirmWithin };
  }

  /** Does what was proposed. @throws RangeError when the token is unknown, used or too old */
  confirm(token: unknown): { sockets: number } {
    const pending = this.#pending.get(token as string);
    this.#pending.delete(token as string);
    if (!pending || pending.expires < this.#clock.now()) {
      throw new RangeError("nothing waits for this confirmation any more");
    }
    pending.run();
    return { sockets: pending.sockets };
  }

  #keep(token: string, pending: Pending): void {
    this.#pending.set(token, pending);
    const [oldest] = this.#pending.keys();
    if (this.#pending.size > MAX_PENDING) this.#pending.delete(oldest as string);
  }
}

function state(request: ActionRequest, namespace: string, count: number, servers: number): string {
  const { action, socket, target, room, close } = request;
  const many = `${count} socket${count === 1 ? "" : "s"}`;
  const whom =
    socket !== undefined ? `socket ${socket}` : target !== undefined ? `${many} of room ${target}` : many;
  const everywhere = servers > 1 && socket === undefined;
  const where = `in ${namespace}${everywhere ? ` on all ${servers} servers` : ""}`;
  if (action === "join") return `let ${whom} join room ${room} ${where}`;
  if (action === "leave") return `let ${whom} leave room ${room} ${where}`;
  return `disconnect ${whom} ${where}${close ? ", and close the connections under all namespaces" : ""}`;
}
