/** What was lately said in each room, and whom it has reached. */
import type { Message, Receipt, RoomId, User } from "./events.ts";

/** How many messages of a room are kept. */
const LENGTH = 50;

export class Histories {
  readonly #rooms = new Map<RoomId, Map<string, Message>>();

  list(room: RoomId): Message[] {
    return [...(this.#rooms.get(room)?.values() ?? [])];
  }

  /** Of all rooms. */
  all(): Message[] {
    return [...this.#rooms.keys()].flatMap((room) => this.list(room));
  }

  get(room: RoomId, id: string): Message | undefined {
    return this.#rooms.get(room)?.get(id);
  }

  add(message: Message): void {
    const room = this.#rooms.get(message.room) ?? new Map<string, Message>();
    this.#rooms.set(message.room, room.set(message.id, message));
    // A map is in order of insertion: the first is the oldest.
    for (const id of room.keys()) if (room.size > LENGTH) room.delete(id);
  }

  /** Notes a receipt; returns the part of it that is news. */
  note({ room, ids, kind }: Receipt, by: User): Receipt {
    const news = ids.filter((id) => {
      const message = this.get(room, id);
      if (!message || message.from.id === by.id) return false;
      const kinds = kind === "read" ? (["received", "read"] as const) : (["received"] as const);
      const fresh = kinds.filter((each) => !message[each].some((user) => user.id === by.id));
      for (const each of fresh) message[each].push(by);
      return fresh.length > 0;
    });
    return { room, ids: news, kind };
  }
}
