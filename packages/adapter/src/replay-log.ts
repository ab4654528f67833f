/** The packets of the last minutes, found by room: what a client that comes back may have missed. */
import type { Room } from "./contract.ts";

/** A packet that was broadcast, and to whom. */
export interface LogEntry {
  readonly position: number;
  /** When it was sent, on the log's clock. */
  readonly at: number;
  /** `[event, ...args, offset]` */
  readonly data: unknown[];
  readonly rooms: readonly Room[];
  readonly except: readonly Room[];
  readonly size: number;
}

/** The bounds of a log. */
export interface LogLimits {
  /** Milliseconds that an entry is kept. */
  maxAge: number;
  /** Number of entries. */
  maxPackets: number;
  /** Their estimated size together, in bytes. */
  maxBytes: number;
}

/** Positions of a room's entries; those before `start` are trimmed. */
interface Track {
  positions: number[];
  start: number;
}

const SLACK = 32;

/**
 * A queue of entries with consecutive positions, bounded by age, number and bytes. Positions are never used
 * again, so that a position says by itself whether its entry is still there.
 */
export class ReplayLog {
  readonly #limits: LogLimits;
  #entries: Array<LogEntry | undefined> = [];
  #start = 0;
  #tail = 0;
  #bytes = 0;
  #droppedAt = Number.NEGATIVE_INFINITY;
  readonly #everybody: Track = { positions: [], start: 0 };
  readonly #tracks = new Map<Room, Track>();

  constructor(limits: LogLimits) {
    this.#limits = limits;
  }

  /** The oldest position still kept. */
  get tail(): number {
    return this.#tail;
  }

  /** The position that the next entry takes. */
  get head(): number {
    return this.#tail + this.size;
  }

  /** How many entries there are. */
  get size(): number {
    return this.#entries.length - this.#start;
  }

  /** The estimated size of all entries in bytes. */
  get bytes(): number {
    return this.#bytes;
  }

  append(entry: LogEntry): void {
    this.#entries.push(entry);
    this.#bytes += entry.size;
    for (const track of this.#tracksOf(entry)) track.positions.push(entry.position);
    this.trim(entry.at);
  }

  at(position: number): LogEntry | undefined {
    return position < this.#tail ? undefined : this.#entries[this.#start + position - this.#tail];
  }

  /** The oldest position that was sent at `time` or later; one before the tail when entries of that time are gone. */
  since(time: number): number {
    if (this.#droppedAt >= time) return this.#tail - 1;
    return lowerBound(this.#tail, this.head, (position) => (this.at(position)?.at ?? 0) >= time);
  }

  /** The entries from a position on that were sent to everybody or to any of these rooms, in order. */
  find(from: number, rooms: Iterable<Room>): LogEntry[] {
    const positions = new Set<number>();
    collect(this.#everybody, from, positions);
    for (const room of rooms) collect(this.#tracks.get(room), from, positions);
    return [...positions].sort((a, b) => a - b).map((position) => this.at(position) as LogEntry);
  }

  /** Lets go of what is too old or too much. */
  trim(now: number): void {
    const { maxAge, maxPackets, maxBytes } = this.#limits;
    for (let oldest = this.at(this.#tail); oldest; oldest = this.at(this.#tail)) {
      const fits = this.size <= maxPackets && this.#bytes <= maxBytes;
      if (fits && now - oldest.at < maxAge) return;
      this.#drop(oldest);
    }
  }

  clear(): void {
    for (let oldest = this.at(this.#tail); oldest; oldest = this.at(this.#tail)) this.#drop(oldest);
  }

  #drop(entry: LogEntry): void {
    this.#entries[this.#start++] = undefined;
    this.#tail++;
    this.#bytes -= entry.size;
    this.#droppedAt = entry.at;
    if (this.#start > SLACK && this.#start * 2 > this.#entries.length) {
      this.#entries = this.#entries.slice(this.#start);
      this.#start = 0;
    }
    if (entry.rooms.length === 0) shift(this.#everybody);
    for (const room of entry.rooms) {
      const track = this.#tracks.get(room);
      if (track && shift(track) === 0) this.#tracks.delete(room);
    }
  }

  #tracksOf(entry: LogEntry): Track[] {
    return entry.rooms.length === 0 ? [this.#everybody] : entry.rooms.map((room) => this.#trackOf(room));
  }

  #trackOf(room: Room): Track {
    let track = this.#tracks.get(room);
    if (!track) {
      track = { positions: [], start: 0 };
      this.#tracks.set(room, track);
    }
    return track;
  }
}

/** Drops a track's oldest position; returns how many are left. */
function shift(track: Track): number {
  track.start++;
  if (track.start > SLACK && track.start * 2 > track.positions.length) {
    track.positions = track.positions.slice(track.start);
    track.start = 0;
  }
  return track.positions.length - track.start;
}

function collect(track: Track | undefined, from: number, positions: Set<number>): void {
  if (!track) return;
  const { length } = track.positions;
  const first = lowerBound(track.start, length, (index) => (track.positions[index] as number) >= from);
  for (let index = first; index < length; index++) positions.add(track.positions[index] as number);
}

/** The first number from `low` on, below `high`, that reaches the mark; `high` when none does. */
function lowerBound(low: number, high: number, reaches: (value: number) => boolean): number {
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (reaches(middle)) high = middle;
    else low = middle + 1;
  }
  return low;
}
