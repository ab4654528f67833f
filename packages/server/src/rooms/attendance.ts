/** Which connections of this server are in which room for whom, and who lost theirs a moment ago. */
import type { Clock, Timer } from "@sockeye/core";
import type { RoomUser } from "./options.ts";
import type { Share } from "./roster.ts";

interface Attendee {
  readonly user: RoomUser;
  readonly live: Set<string>;
  readonly away: Map<string, Timer>;
}

/** Learns of every change. */
export type OnShare = (room: string, user: RoomUser, share: Share) => void;

export class Attendance {
  readonly #clock: Clock;
  readonly #gracePeriod: number;
  readonly #onShare: OnShare;
  readonly #rooms = new Map<string, Map<string, Attendee>>();

  constructor(clock: Clock, gracePeriod: number, onShare: OnShare) {
    this.#clock = clock;
    this.#gracePeriod = gracePeriod;
    this.#onShare = onShare;
  }

  /** A connection is in a room; also one that was lost and is recovered under the same id. */
  enter(room: string, user: RoomUser, id: string): void {
    const people = this.#rooms.get(room) ?? new Map<string, Attendee>();
    const { live, away } = people.get(user.id) ?? { live: new Set(), away: new Map() };
    this.#clock.clearTimeout(away.get(id));
    away.delete(id);
    live.add(id);
    const attendee: Attendee = { user, live, away };
    this.#rooms.set(room, people.set(user.id, attendee));
    this.#tell(room, attendee);
  }

  /** A connection has left a room: at once, or as it was lost, which may not be for long. */
  leave(room: string, user: RoomUser, id: string, lost: boolean): void {
    const attendee = this.#rooms.get(room)?.get(user.id);
    if (!attendee?.live.delete(id)) return;
    if (lost && this.#gracePeriod > 0) {
      const timer = this.#clock.setTimeout(() => this.#giveUp(room, attendee, id), this.#gracePeriod);
      // Nobody's process waits for it.
      (timer as { unref?(): void }).unref?.();
      attendee.away.set(id, timer);
    }
    this.#tell(room, attendee);
  }

  #giveUp(room: string, { user, away }: Attendee, id: string): void {
    away.delete(id);
    const attendee = this.#rooms.get(room)?.get(user.id);
    if (attendee) this.#tell(room, attendee);
  }

  #tell(room: string, { user, live, away }: Attendee): void {
    if (live.size + away.size === 0) {
      const people = this.#rooms.get(room);
      people?.delete(user.id);
      if (people?.size === 0) this.#rooms.delete(room);
    }
    this.#onShare(room, user, { live: live.size, away: away.size > 0 });
  }
}
