/** Whom a broadcast reaches and how: a value. */
import type { AbortSignalLike } from "@sockeye/core";
import type { Room } from "../api/target.ts";

/** How an event is sent, in the words of the adapter contract. */
export interface Flags {
  volatile?: boolean;
  compress?: boolean;
  local?: boolean;
  broadcast?: boolean;
  /** Milliseconds to wait for acknowledgements. */
  timeout?: number;
  /** To one socket of this server alone, by its own room: no other server need hear of it. */
  direct?: boolean;
  /** One socket is meant, which answers alone. */
  expectSingleResponse?: boolean;
}

/** What adapters are told. */
export interface Selection {
  rooms: Set<Room>;
  except: Set<Room>;
  flags: Flags;
}

/** The fields of a target; none is ever changed. */
export interface Target extends Readonly<Selection> {
  /** Not for adapters: it cannot travel to another server. */
  readonly abort: AbortSignalLike | undefined;
}

/** A set with one room more, or several. */
export function withRooms(rooms: ReadonlySet<Room>, added: Room | Room[]): Set<Room> {
  const all = new Set(rooms);
  if (Array.isArray(added)) for (const room of added) all.add(room);
  else all.add(added);
  return all;
}

/** A room, or several, as a list. */
export function roomList(rooms: Room | Room[]): Room[] {
  return Array.isArray(rooms) ? rooms : [rooms];
}

/** What is handed to an adapter, which may keep or change it. */
export function selectionOf({ rooms, except, flags }: Target): Selection {
  return { rooms: new Set(rooms), except: new Set(except), flags: { ...flags } };
}
