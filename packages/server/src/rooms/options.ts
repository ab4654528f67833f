/** Who may enter rooms, as whom, and how presence is told: the options of rooms(). */
import { type Clock, systemClock, type Untyped } from "@sockeye/core";
import type { AnySocket } from "../api/server.ts";

/** What others are told of somebody; more members may be added. */
export interface RoomUser {
  /** The same for all connections (tabs, devices) of one user. */
  id: string;
  [key: string]: Untyped;
}

/** Somebody in a room. */
export type Present = RoomUser & {
  /** How many connections the user has in the room; at least 1. */
  connections: number;
};

/** What a client asks for: to be in a room, or to watch who is. */
export type RoomPurpose = "room" | "presence";

/** Options of `rooms()`. */
export interface RoomsOptions<S = AnySocket> {
  /**
   * Whether a client may join a room, or watch who is in it. Default: always, as long as rooms have a prefix.
   * What it throws is reported as `handler_error`, and refuses the client.
   */
  authorize?: (socket: S, room: string, purpose: RoomPurpose) => boolean | Promise<boolean>;
  /** Whom a socket belongs to; others see all of it. Default: `socket.data.user` if it has an id, else the socket's id. */
  user?: (socket: S) => RoomUser;
  /**
   * Put before the room's name on the server, so that clients can only enter rooms that are meant for them.
   * Default "room:". With "", clients name any room of the namespace, and `authorize` is required.
   */
  prefix?: string;
  /** Milliseconds for which somebody who lost the connection still counts as present. Default 5000. */
  gracePeriod?: number;
  /** Most rooms that one socket may be in or watch, in sum. Default 100. */
  maxRooms?: number;
  /** Most characters of a room's name. Default 200. */
  maxNameLength?: number;
  /** For tests. */
  clock?: Clock;
}

/** @throws TypeError when clients could enter every room of the namespace */
export function resolveOptions(options: RoomsOptions): Required<RoomsOptions> {
  const { prefix = "room:", authorize } = options;
  if (prefix === "" && !authorize) {
    throw new TypeError('rooms(): with the prefix "", clients name any room: give the option "authorize"');
  }
  return {
    authorize: authorize ?? (() => true),
    user: options.user ?? defaultUser,
    prefix,
    gracePeriod: options.gracePeriod ?? 5000,
    maxRooms: options.maxRooms ?? 100,
    maxNameLength: options.maxNameLength ?? 200,
    clock: options.clock ?? systemClock,
  };
}

function defaultUser({ id, data }: AnySocket): RoomUser {
  return typeof data?.user?.id === "string" ? data.user : { id };
}
