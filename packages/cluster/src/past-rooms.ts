/** In which rooms sockets were when something was said that is still to come by the log: not always those that they are in. */
import type { Room, SocketId } from "@sockeye/adapter";
import type { Mark } from "./head-start.ts";
import { isMarked, type Said } from "./moment.ts";

/** A socket has come into a room, or gone from it. */
export interface Change {
  /** The whole namespace when there is none. */
  readonly room: Room | undefined;
  /** Whether it was in there before. */
  readonly was: boolean;
  /** What had been said before. */
  readonly marks: readonly Mark[];
  /** Called when nobody asks for that any longer. */
  release?(): void;
}

/** Remembers changes until all has come that was said before them; without such there is nothing to remember. */
export class PastRooms {
  readonly #changes = new Map<SocketId, Change[]>();

  note(id: SocketId, change: Change): void {
    const known = this.#changes.get(id);
    if (known) known.push(change);
    else this.#changes.set(id, [change]);
  }

  /** The sockets whose rooms have changed since it was said. */
  movedSince(said: Said): SocketId[] {
    const ids: SocketId[] = [];
    for (const [id, changes] of this.#changes) {
      if (changes.some(({ marks }) => isMarked(marks, said))) ids.push(id);
    }
    return ids;
  }

  /** Whether the socket was in a room when it was said; undefined when that has not changed since. */
  wasIn(id: SocketId, room: Room | undefined, said: Said): boolean | undefined {
    return this.#changes.get(id)?.find((change) => change.room === room && isMarked(change.marks, said))?.was;
  }

  /** It has come, and so has all that its server had said before. */
  settle({ order, from }: Pick<Said, "order" | "from">): void {
    const isOpen = ({ node, number }: Mark): boolean => node !== from || number > order.copy;
    for (const [id, changes] of this.#changes) {
      const open = changes.filter(({ marks }) => marks.some(isOpen));
      if (open.length === changes.length) continue;
      if (open.length > 0) this.#changes.set(id, open);
      else this.#changes.delete(id);
      for (const change of changes) if (!open.includes(change)) change.release?.();
    }
  }

  /** The socket is gone. */
  forget(id: SocketId): void {
    const changes = this.#changes.get(id);
    this.#changes.delete(id);
    for (const change of changes ?? []) change.release?.();
  }
}
