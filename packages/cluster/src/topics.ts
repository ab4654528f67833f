/** Which topic carries what: rooms and namespaces by hash, so that names stay short, safe and bounded in number. */

import { wrongOption } from "./refusal.ts";

/** More copies of one message than this cost more than telling every server of the namespace. */
const MAX_COPIES = 4;

/** Names the topics of one cluster. */
export class Topics {
  readonly #prefix: string;
  readonly #rooms: string;
  readonly #roomTopics: number;

  /** @param roomTopics into how many topics rooms are cut; all servers must agree, so it is part of the names */
  constructor(prefix: string, roomTopics: number) {
    if (!Number.isInteger(roomTopics) || roomTopics < 1) {
      throw wrongOption("roomTopics", "a positive integer", roomTopics);
    }
    this.#prefix = prefix;
    this.#rooms = `${prefix}.room${roomTopics}.`;
    this.#roomTopics = roomTopics;
  }

  /** Every server listens: signs of life, and questions that all must answer. */
  get everyone(): string {
    return `${this.#prefix}.all`;
  }

  /** One server's answers. */
  inbox(node: string): string {
    return `${this.#prefix}.node.${node}`;
  }

  /** All servers that have the namespace. */
  namespace(nsp: string): string {
    return `${this.#prefix}.nsp.${hash(nsp).toString(36)}`;
  }

  /** The servers that have members of the room, and of the few that share its topic. */
  room(nsp: string, room: string): string {
    return this.#rooms + (hash(String(room), hash(nsp)) % this.#roomTopics);
  }

  /** Where a message for these rooms goes: to their topics, or to the namespace's if there are none or many. */
  route(nsp: string, rooms: ReadonlySet<string>, max: number = MAX_COPIES): string[] {
    if (rooms.size === 1) for (const room of rooms) return [this.room(nsp, room)];
    const topics = new Set<string>();
    for (const room of rooms) topics.add(this.room(nsp, room));
    return topics.size === 0 || topics.size > max ? [this.namespace(nsp)] : [...topics];
  }
}

/** FNV-1a over UTF-16 code units, mixed at the end as MurmurHash3 does; 32 bits, unsigned. */
export function hash(text: string, seed = 0x811c9dc5): number {
  let value = seed;
  for (let index = 0; index < text.length; index++) {
    value = Math.imul(value ^ text.charCodeAt(index), 0x01000193);
  }
  value = Math.imul(value ^ (value >>> 16), 0x85ebca6b);
  value = Math.imul(value ^ (value >>> 13), 0xc2b2ae35);
  return (value ^ (value >>> 16)) >>> 0;
}
