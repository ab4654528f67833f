/** When a session's socket was in which room, by positions of the log; as it is kept in the store. */

/** From after one position up to another one, both included in what was sent. */
interface Stay {
  room: string;
  after: number;
  until: number;
}

/** Stays that have ended are kept so many at most: the latest. */
const MAX_ENDED = 256;

/** What of a trace is kept. */
export interface TraceRecord {
  since: number;
  stays: Array<[room: string, after: number]>;
  ended: Array<[room: string, after: number, until: number]>;
}

/** Tells which entries were sent to a session, or would have been while it was away. */
export class SessionTrace {
  /** Nothing up to this position was for this session. */
  since: number;
  readonly #stays: Map<string, number>;
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
  join(room: string, after: number): boolean {
    if (this.#stays.has(room)) return false;
    this.#stays.set(room, after);
    return true;
  }

  /** What was in the room before is known more exactly now. */
  postpone(room: string, after: number): void {
    const known = this.#stays.get(room);
    if (known !== undefined && known < after) this.#stays.set(room, after);
  }

  leave(room: string, until: number): boolean {
    const after = this.#stays.get(room);
    if (after === undefined) return false;
    this.#stays.delete(room);
    if (until > after) this.#ended.push({ room, after, until });
    if (this.#ended.length > MAX_ENDED) this.#ended = this.#ended.slice(-MAX_ENDED);
    return true;
  }

  /** What the client has received for sure need not be told of any longer. */
  forget(received: number): void {
    this.#ended = this.#ended.filter(({ until }) => until > received);
  }

  /** Whether an entry was for this session. */
  concerns({ rooms, except }: { rooms: string[]; except: string[] }, position: number): boolean {
    if (position <= this.since || except.some((room) => this.#wasIn(room, position))) return false;
    return rooms.length === 0 || rooms.some((room) => this.#wasIn(room, position));
  }

  #wasIn(room: string, position: number): boolean {
    const after = this.#stays.get(room);
    if (after !== undefined && position > after) return true;
    return this.#ended.some((stay) => stay.room === room && position > stay.after && position <= stay.until);
  }
}
