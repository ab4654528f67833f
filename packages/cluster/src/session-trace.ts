/** When a session's socket was in which room; as it is kept in the store. */
import { isSelected } from "./local-namespace.ts";
import { isBefore, isWithin, type Moment, marksOf, positionOf, type Said } from "./moment.ts";

/** What was said after one moment, and up to another one. */
interface Stay {
  room: string;
  after: Moment;
  until: Moment;
}

/** Stays that have ended are kept so many at most: the latest. */
const MAX_ENDED = 256;

/** What of a trace is kept. */
export interface TraceRecord {
  since: Moment;
  stays: Array<[room: string, after: Moment]>;
  ended: Array<[room: string, after: Moment, until: Moment]>;
}

/** Tells which broadcasts were sent to a session, or would have been while it was away. */
export class SessionTrace {
  /** Nothing up to this moment was for this session. */
  since: Moment;
  readonly #stays: Map<string, Moment>;
  #ended: Stay[];

  constructor({ since, stays, ended }: TraceRecord) {
    this.since = since;
    this.#stays = new Map(stays);
    this.#ended = ended.map(([room, after, until]) => ({ room, after, until }));
  }

  get record(): TraceRecord {
    return {
      since: this.since,
      stays: [...this.#stays],
      ended: this.#ended.map(({ room, after, until }) => [room, after, until]),
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
    this.#stays.set(room, after);
    return true;
  }

  /** What was in the room before is known more exactly now. */
  postpone(room: string, after: number): void {
    const known = this.#stays.get(room);
    if (known === undefined || positionOf(known) >= after) return;
    const marks = marksOf(known);
    this.#stays.set(room, marks.length === 0 ? after : { position: after, marks });
  }

  leave(room: string, until: Moment): boolean {
    const after = this.#stays.get(room);
    if (after === undefined) return false;
    this.#stays.delete(room);
    if (!isWithin(until, after)) this.#ended.push({ room, after, until });
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
    const after = this.#stays.get(room);
    if (after !== undefined && !isBefore(said, after)) return true;
    return this.#ended.some(
      (stay) => stay.room === room && !isBefore(said, stay.after) && isBefore(said, stay.until),
    );
  }
}
