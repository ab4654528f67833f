/** Who is in which room: two map entries per membership, and joining and leaving in constant time. */
import type { Room, RoomEvent, SocketId } from "./contract.ts";

/** What the registry of rooms needs of the adapter above it. */
export interface RoomsHome {
  readonly rooms: Map<Room, Set<SocketId>>;
  readonly sids: Map<SocketId, Set<Room>>;
  emit(event: RoomEvent, room: Room, id?: SocketId): unknown;
}

/** Makes sure that the socket is known, even while it is in no room. */
export function admit(home: RoomsHome, id: SocketId): Set<Room> {
  let joined = home.sids.get(id);
  if (!joined) {
    joined = new Set();
    home.sids.set(id, joined);
  }
  return joined;
}

/** Joins a room; returns whether the socket was not yet in it. */
export function join(home: RoomsHome, id: SocketId, joined: Set<Room>, room: Room): boolean {
  if (joined.has(room)) return false;
  joined.add(room);
  const members = home.rooms.get(room);
  if (members) members.add(id);
  else {
    home.rooms.set(room, new Set([id]));
    home.emit("create-room", room);
  }
  home.emit("join-room", room, id);
  return true;
}

/** Leaves a room; returns whether the socket was in it. */
export function leave(home: RoomsHome, id: SocketId, room: Room): boolean {
  home.sids.get(id)?.delete(room);
  const members = home.rooms.get(room);
  if (!members?.delete(id)) return false;
  home.emit("leave-room", room, id);
  // A listener may have filled the room again.
  if (members.size === 0 && home.rooms.get(room) === members) {
    home.rooms.delete(room);
    home.emit("delete-room", room);
  }
  return true;
}

/** Leaves all rooms and forgets the socket. */
export function dismiss(home: RoomsHome, id: SocketId): void {
  const joined = home.sids.get(id);
  if (!joined) return;
  home.sids.delete(id);
  for (const room of joined) leave(home, id, room);
}
