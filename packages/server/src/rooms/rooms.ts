/** rooms(): clients join rooms by themselves, and see who else is there. */
import { randomUUID } from "node:crypto";
import type { Untyped } from "@sockeye/core";
import type { AnyNamespace, AnyServer, AnySocket, Namespace, Server, Socket } from "../api/server.ts";
import { Attendance } from "./attendance.ts";
import {
  type Present,
  type RoomPurpose,
  type RoomsOptions,
  type RoomUser,
  resolveOptions,
} from "./options.ts";
import { CLUSTER_EVENT, Replication } from "./replication.ts";
import { type Change, Roster } from "./roster.ts";
import { Visit, WATCHERS } from "./visit.ts";

export type { Present, RoomsOptions, RoomUser };

/** Reasons that are a farewell; whoever is lost for another one may come back. */
const FAREWELL: ReadonlySet<string> = new Set([
  "client namespace disconnect",
  "server namespace disconnect",
  "server shutting down",
]);

/** The server's side of `useRoom` and `usePresence`. */
export interface Rooms {
  /** What a room is called on the server: `io.to(name("lobby"))`. */
  name(room: string): string;
  /** Everybody in a room. */
  to(room: string): ReturnType<AnyNamespace["to"]>;
  /** Who is in a room, on all servers; one entry per user. */
  present(room: string): Present[];
}

/**
 * Lets clients join rooms (`useRoom` of @sockeye/react) and watch who is in them (`usePresence`).
 *
 * Presence is by user, not by connection. It outlives a lost connection for `gracePeriod`, and follows a recovered one
 * into its rooms. In a cluster the servers tell each other by server-side events; a server that dies is forgotten
 * after 16 seconds of silence. With an adapter that has no such events, each server knows of its own people.
 * @throws TypeError when clients could enter every room of the namespace
 *
 * @example
 * const lobby = rooms(io, { user: (socket) => socket.data.user });
 * lobby.to("lobby").emit("hello");
 */
export function rooms<
  Listen extends Record<keyof Listen, Untyped>,
  Emit extends Record<keyof Emit, Untyped>,
  Between extends Record<keyof Between, Untyped>,
  Data,
>(
  target: Server<Listen, Emit, Between, Data> | Namespace<Listen, Emit, Between, Data>,
  options: RoomsOptions<Socket<Listen, Emit, Between, Data>> = {},
): Rooms {
  // Inside, events have no types.
  const any = target as unknown as AnyServer | AnyNamespace;
  const nsp = any.sockets instanceof Map ? (any as AnyNamespace) : any.sockets;
  return new RoomKeeper(nsp, options as RoomsOptions);
}

class RoomKeeper implements Rooms {
  readonly #nsp: AnyNamespace;
  readonly #options: Required<RoomsOptions>;
  readonly #roster = new Roster();
  readonly #attendance: Attendance;

  constructor(nsp: AnyNamespace, options: RoomsOptions) {
    this.#nsp = nsp;
    this.#options = resolveOptions(options);
    const { clock, gracePeriod } = this.#options;
    const { roster, changed } = { roster: this.#roster, changed: this.#announce.bind(this) };
    const send = (message: unknown): void => void nsp.serverSideEmit(CLUSTER_EVENT, message);
    const replication = new Replication({ clock, roster, send, changed }, randomUUID());
    this.#attendance = new Attendance(clock, gracePeriod, (...told) => replication.tell(...told));
    nsp.on(CLUSTER_EVENT, (message: unknown) => replication.receive(message));
    nsp.on("connection", (socket) => this.#welcome(socket));
    for (const socket of nsp.sockets.values()) this.#welcome(socket);
  }

  name(room: string): string {
    return this.#options.prefix + room;
  }

  to(room: string): ReturnType<AnyNamespace["to"]> {
    return this.#nsp.to(this.name(room));
  }

  present(room: string): Present[] {
    return this.#roster.list(room);
  }

  #welcome(socket: AnySocket): void {
    const visit = new Visit(socket, this.#options, this.#attendance);
    visit.resume();
    const join = async (purpose: RoomPurpose, room: unknown, answer: unknown): Promise<void> => {
      const reply = typeof answer === "function" ? answer : () => {};
      try {
        const error = await visit.join(purpose, room);
        const members = purpose === "presence" ? this.present(String(room)) : undefined;
        reply(error ? { error } : { members });
      } catch (error) {
        visit.leave(purpose, room);
        reply({ error: { code: "ERR_INTERNAL", message: "Internal server error" } });
        // It reaches `handler_error`, as what any handler throws.
        throw error;
      }
    };
    socket.on("sockeye:room:join", (room, answer) => join("room", room, answer));
    socket.on("sockeye:presence:join", (room, answer) => join("presence", room, answer));
    socket.on("sockeye:room:leave", (room) => visit.leave("room", room));
    socket.on("sockeye:presence:leave", (room) => visit.leave("presence", room));
    socket.on("disconnect", (reason) => visit.end(!FAREWELL.has(reason)));
  }

  /** Each server tells its own clients. */
  #announce(changes: Change[]): void {
    for (const { room, present } of changes) {
      this.#nsp.local.to(WATCHERS + room).emit("sockeye:presence", room, [present]);
    }
  }
}
