/** When a socket was in which room, as far back as packets are kept. */
import type { Room } from "./contract.ts";

/**
 * Remembers the positions at which a socket joined or left a room, so that a replay contains exactly what the
 * socket was sent, although only its last rooms are known.
 */
export class PresenceTrace {
  /** Nothing before this position was for this session. */
  readonly since: number;
  /** Until a heartbeat has proved otherwise, the client may have missed anything from this position on. */
  readonly resumedFrom: number;
  /** When this connection began, on the adapter's clock. */
  readonly resumedAt: number;
  readonly #changes: Map<Room, number[]>;

  constructor(since: number, resumedAt: number, previous?: { from: number; trace: PresenceTrace }) {
    this.since = previous?.trace.since ?? since;
    this.resumedAt = resumedAt;
    this.resumedFrom = previous?.from ?? since;
    // A copy, because the connection that resumes may be refused and another one try again.
    this.#changes = previous ? new Map(previous.trace.#changes) : new Map();
  }

  /** The socket joined or left `room` before the packet at `head`; packets before `tail` are gone. */
  change(room: Room, tail: number, head: number): void {
    // Nothing that is kept and meant for this session could tell the difference.
    if (Math.max(tail, this.since) === head) {
      this.#changes.delete(room);
      return;
    }
    const positions = (this.#changes.get(room) ?? []).filter((position) => position > tail);
    // Joining and leaving between the same two packets is as if nothing had happened.
    if (positions.at(-1) === head) positions.pop();
    else positions.push(head);
    if (positions.length > 0) this.#changes.set(room, positions);
    else this.#changes.delete(room);
  }

  /** The rooms that were joined or left. */
  get changed(): Iterable<Room> {
    return this.#changes.keys();
  }

  /** Whether the socket was in `room` when the packet at `position` was sent, given whether it was in the end. */
  wasIn(room: Room, position: number, inTheEnd: boolean): boolean {
    const later = this.#changes.get(room)?.filter((change) => change > position).length ?? 0;
    return later % 2 === 0 ? inTheEnd : !inTheEnd;
  }
}
