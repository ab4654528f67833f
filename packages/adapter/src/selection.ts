/** Whom a broadcast is for: every selected socket once, at the cost of the members of its rooms only. */
import type { BroadcastOptions, Room, SocketId } from "./contract.ts";

/** The two indexes that a selection reads. */
export interface Membership {
  readonly rooms: ReadonlyMap<Room, ReadonlySet<SocketId>>;
  readonly sids: ReadonlyMap<SocketId, ReadonlySet<Room>>;
}

interface Ids {
  readonly size: number;
  keys(): Iterable<SocketId>;
}

/** Calls `visit` once for each socket that `options` select. What `visit` changes may or may not count. */
export function select(
  membership: Membership,
  options: BroadcastOptions,
  visit: (id: SocketId) => void,
): void {
  const { rooms } = options;
  const except = exceptIds(membership, options.except);
  if (rooms.size === 0) visitAll(membership.sids, except, visit);
  else if (rooms.size === 1) {
    const [room] = rooms as Set<Room>;
    const members = membership.rooms.get(room as Room);
    if (members) visitAll(members, except, visit);
  } else visitUnion(membership, rooms, except, visit);
}

/** Who must not be reached: the members of the excepted rooms, resolved once. */
function exceptIds({ rooms }: Membership, except: Set<Room> | undefined): ReadonlySet<SocketId> | undefined {
  if (!except || except.size === 0) return undefined;
  if (except.size === 1) {
    const [room] = except;
    return rooms.get(room as Room);
  }
  const ids = new Set<SocketId>();
  for (const room of except) for (const id of rooms.get(room) ?? []) ids.add(id);
  return ids;
}

function visitAll(ids: Ids, except: ReadonlySet<SocketId> | undefined, visit: (id: SocketId) => void): void {
  // A visit that leaves and joins again moves its id behind the others: without the count it would never end.
  let left = ids.size;
  for (const id of ids.keys()) {
    if (left-- === 0) return;
    if (!except?.has(id)) visit(id);
  }
}

function visitUnion(
  membership: Membership,
  rooms: ReadonlySet<Room>,
  except: ReadonlySet<SocketId> | undefined,
  visit: (id: SocketId) => void,
): void {
  const seen = new Set<SocketId>();
  for (const room of rooms) {
    for (const id of membership.rooms.get(room) ?? []) {
      if (seen.has(id)) continue;
      seen.add(id);
      if (!except?.has(id)) visit(id);
    }
  }
}
