/** One socket and the rooms that its client has asked for. */
import type { AnySocket } from "../api/server.ts";
import type { Attendance } from "./attendance.ts";
import type { RoomPurpose, RoomsOptions, RoomUser } from "./options.ts";

/** Where the watchers of a room are. */
export const WATCHERS = "sockeye:presence:";

/** Why a client may not join. */
export interface Refusal {
  code: "ERR_ROOM_NAME" | "ERR_TOO_MANY_ROOMS" | "ERR_FORBIDDEN" | "ERR_LEFT";
  message: string;
}

export class Visit {
  readonly #socket: AnySocket;
  readonly #options: Required<RoomsOptions>;
  readonly #attendance: Attendance;
  /** What the client has asked for and not taken back: "room lobby", "presence lobby". */
  readonly #wanted = new Set<string>();
  /** The rooms that it is in, with whom it was then. */
  readonly #entered = new Map<string, RoomUser>();

  constructor(socket: AnySocket, options: Required<RoomsOptions>, attendance: Attendance) {
    this.#socket = socket;
    this.#options = options;
    this.#attendance = attendance;
  }

  /** A recovered socket is back in its rooms, and so is its user. */
  resume(): void {
    const { prefix } = this.#options;
    for (const name of this.#socket.rooms) {
      if (name.startsWith(WATCHERS)) this.#wanted.add(`presence ${name.slice(WATCHERS.length)}`);
      else if (name.startsWith(prefix) && name !== this.#socket.id) {
        this.#wanted.add(`room ${name.slice(prefix.length)}`);
        this.#enter(name.slice(prefix.length));
      }
    }
  }

  /** Joins, or returns why not. Joining twice is joining once. */
  async join(purpose: RoomPurpose, room: unknown): Promise<Refusal | undefined> {
    const { maxNameLength, maxRooms } = this.#options;
    if (typeof room !== "string" || room === "" || room.length > maxNameLength || room.startsWith(WATCHERS)) {
      return { code: "ERR_ROOM_NAME", message: `a room's name has 1 to ${maxNameLength} characters` };
    }
    const wish = `${purpose} ${room}`;
    if (!this.#wanted.has(wish) && this.#wanted.size >= maxRooms) {
      return { code: "ERR_TOO_MANY_ROOMS", message: `at most ${maxRooms} rooms` };
    }
    this.#wanted.add(wish);
    if (!(await this.#options.authorize(this.#socket, room, purpose))) {
      this.leave(purpose, room);
      return { code: "ERR_FORBIDDEN", message: `"${room}" is not open to this client` };
    }
    if (!this.#wanted.has(wish)) return { code: "ERR_LEFT", message: "left before it was decided" };
    await this.#socket.join(purpose === "presence" ? WATCHERS + room : this.#options.prefix + room);
    if (purpose === "room" && this.#wanted.has(wish)) this.#enter(room);
    return undefined;
  }

  leave(purpose: RoomPurpose, room: unknown): void {
    if (!this.#wanted.delete(`${purpose} ${room}`)) return;
    void this.#socket.leave((purpose === "presence" ? WATCHERS : this.#options.prefix) + room);
    if (purpose === "room") this.#exit(String(room), false);
  }

  /** The socket is gone; `lost` if it may come back. */
  end(lost: boolean): void {
    this.#wanted.clear();
    for (const room of [...this.#entered.keys()]) this.#exit(room, lost);
  }

  #enter(room: string): void {
    if (this.#entered.has(room)) return;
    const user = this.#options.user(this.#socket);
    if (typeof user?.id !== "string") {
      throw new TypeError(
        `rooms(): the option "user" must return { id: string, ... }, not ${JSON.stringify(user)}`,
      );
    }
    this.#entered.set(room, user);
    this.#attendance.enter(room, user, this.#socket.id);
  }

  #exit(room: string, lost: boolean): void {
    const user = this.#entered.get(room);
    if (user) this.#attendance.leave(room, user, this.#socket.id, lost);
    this.#entered.delete(room);
  }
}
