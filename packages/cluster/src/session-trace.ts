/** When a session's socket was in which room; as it is kept in the store. */
import { isSelected } from "./local-namespace.ts";
import { isBefore, isWithin, type Moment, positionOf, type Said } from "./moment.ts";

/** What was said after a moment, but what comes by the room's own stream alone: that is heard after a position only. */
interface Stay {
  readonly after: Moment;
  heardAfter: number | undefined;
}

/** One that has come to its end. */
interface EndedStay extends Stay {
  readonly room: string;
  readonly until: Moment;
}

/** Stays that have ended are kept so many at most: the latest. */
const MAX_ENDED = 256;

/** What of a trace is kept. */
export interface TraceRecord {
  since: Moment;
  stays: Array<[room: string, after: Moment, heardAfter?: number]>;
  ended: Array<[room: string, after: Moment, until: Moment, heardAfter?: number]>;
}

/** Tells which broadcasts were sent to a session, or would have been while it was away. */
export class SessionTrace {
  /** Nothing up to this moment was for this session. */
  since: Moment;
  readonly #stays: Map<string, Stay>;
  #ended: EndedStay[];

  constructor({ since, stays, ended }: TraceRecord) {
    this.since = since;
    this.#stays = new Map(stays.map(([room, after, heardAfter]) => [room, { after, heardAfter }]));
    this.#ended = ended.map(([room, after, until, heardAfter]) => ({ room, after, until, heardAfter }));
  }

  get record(): TraceRecord {
    return {
      since: this.since,
      stays: Array.from(this.#stays, ([room, { after, heardAfter }]) =>
        heardAfter === undefined ? [room, after] : [room, after, heardAfter],
      ),
      ended: this.#ended.map(({ room, after, until, heardAfter }) =>
        heardAfter === undefined ? [room, after, until] : [room, after, until, heardAfter],
      ),
    };
  }

  get rooms(): string[] {
    return [...this.#stays.keys()];
  }

  /** The rooms whose entries may concern it. */
  get allRooms(): Set<string> {
    return new Set([...this.#stays.keys(), ...this.#ended.map(({ room }) => room)]);
  }

  /** Joined; returns whether that is news. */
  join(room: string, after: Moment): boolean {
    if (this.#stays.has(room)) return false;
    this.#stays.set(room, { after, heardAfter: undefined });
    return true;
  }

  /** The room's own stream is heard from now on: what was in it before is not for the one who has come. */
  heardAfter(room: string, position: number): void {
    const stay = this.#stays.get(room);
    if (stay && positionOf(stay.after) < position) stay.heardAfter = position;
  }

  leave(room: string, until: Moment): boolean {
    const stay = this.#stays.get(room);
    if (!stay) return false;
    this.#stays.delete(room);
    if (!isWithin(until, stay.after)) this.#ended.push({ ...stay, room, until });
    if (this.#ended.length > MAX_ENDED) this.#ended = this.#ended.slice(-MAX_ENDED);
    return true;
  }

  /** What the client has received for sure need not be told of any longer. */
  forget(received: Moment): void {
    this.#ended = this.#ended.filter(({ until }) => !isWithin(until, received));
  }

  /** Whether a broadcast was for this session. */
  concerns(said: Said): boolean {
    return !isBefore(said, this.since) && isSelected(said.order.to, (room) => this.#wasIn(room, said));
  }

  #wasIn(room: string, said: Said): boolean {
    const stay = this.#stays.get(room);
    if (stay && hasBegun(stay, said)) return true;
    return this.#ended.some(
      (ended) => ended.room === room && hasBegun(ended, said) && isBefore(said, ended.until),
    );
  }
}

function hasBegun({ after, heardAfter = 0 }: Stay, said: Said): boolean {
  const { everywhere, rooms } = said.order.to;
  const isElsewhere = everywhere === true || rooms.length > 1;
  return !isBefore(said, after) && (isElsewhere || said.position > heardAfter);
}
