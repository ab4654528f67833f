/** Who is in which room, as the sum of what each server of the cluster tells of its own connections. */
import type { Present, RoomUser } from "./options.ts";

/** What one server knows of one user in one room. */
export interface Share {
  /** Connections in the room. */
  live: number;
  /** Whether a connection was lost a short time ago. */
  away: boolean;
}

interface Person {
  user: RoomUser;
  readonly shares: Map<string, Share>;
}

/** Somebody who came (or changed), or left: then `connections` is 0. */
export interface Change {
  room: string;
  present: Present;
}

export class Roster {
  readonly #rooms = new Map<string, Map<string, Person>>();

  /** Everybody in a room, in the order of their coming. */
  list(room: string): Present[] {
    return [...(this.#rooms.get(room)?.values() ?? [])].map(present);
  }

  /** Takes a server's word; returns what others see of it, if anything. */
  set(origin: string, room: string, user: RoomUser, share: Share): Change | undefined {
    const people = this.#rooms.get(room) ?? new Map<string, Person>();
    const person = people.get(user.id) ?? { user, shares: new Map() };
    const before = connections(person);
    if (share.live || share.away) person.shares.set(origin, share);
    else person.shares.delete(origin);
    if (person.shares.size) {
      if (share.live) person.user = user;
      this.#rooms.set(room, people.set(user.id, person));
    } else {
      people.delete(user.id);
      if (people.size === 0) this.#rooms.delete(room);
    }
    return connections(person) === before ? undefined : { room, present: present(person) };
  }

  /** A server is gone, and all that it told. */
  drop(origin: string): Change[] {
    const gone = { live: 0, away: false };
    return this.sharesOf(origin).flatMap(({ room, user }) => this.set(origin, room, user, gone) ?? []);
  }

  /** All that one server told. */
  sharesOf(origin: string): { room: string; user: RoomUser; share: Share }[] {
    return [...this.#rooms].flatMap(([room, people]) =>
      [...people.values()].flatMap(({ user, shares }) => {
        const share = shares.get(origin);
        return share ? [{ room, user, share }] : [];
      }),
    );
  }
}

/** Who has just lost the only connection counts as one. */
function connections({ shares }: Person): number {
  let live = 0;
  for (const share of shares.values()) live += share.live;
  return live || Math.min(1, shares.size);
}

function present(person: Person): Present {
  return { ...person.user, connections: connections(person) };
}
