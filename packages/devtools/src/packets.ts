/** From messages to entries of Socket.IO packets: events paired with their acknowledgements. */
import type { Direction, Entry, NewEntry, PacketEntry } from "./entry.ts";
import {
  type PacketReader,
  type ParserLike,
  parserReader,
  type SeenPacket,
  textReader,
} from "./packet-reader.ts";
import { maskAuth, maskPrivateId } from "./secrets.ts";

const TYPES = ["CONNECT", "DISCONNECT", "EVENT", "ACK", "CONNECT_ERROR"] as const;

/** Where entries go. */
export interface Sink {
  /** Undefined while the recording is paused. */
  add(entry: NewEntry): Entry | undefined;
  amend(seq: number, change: Partial<Entry>): void;
}

export interface PacketOptions {
  /** Most characters of a payload that are kept. */
  maxPayload: number;
  /** Whether credentials are kept as they are. */
  secrets: boolean;
}

interface Asked {
  seq: number;
  at: number;
  event: string | undefined;
}

export class Packets {
  readonly #sink: Sink;
  readonly #options: PacketOptions;
  readonly #readers: Record<Direction, PacketReader>;
  /** Events that wait for their acknowledgement, by direction, namespace and id. */
  readonly #asked: Map<string, Asked> = new Map();

  constructor(sink: Sink, options: PacketOptions, parser: ParserLike | undefined) {
    this.#sink = sink;
    this.#options = options;
    const reader = (): PacketReader => (parser ? parserReader(parser) : textReader());
    this.#readers = { out: reader(), in: reader() };
  }

  /** A message in its direction. */
  push(direction: Direction, transport: string | undefined, message: unknown, bytes: number): void {
    const packet = this.#readers[direction].push(message, bytes);
    if (packet) this.#record(direction, transport, packet);
  }

  /** Another connection: half a packet will never be whole, and nothing is answered any more. */
  reset(): void {
    this.#readers.out.reset();
    this.#readers.in.reset();
    this.#asked.clear();
  }

  /** An entry has been dropped from the log. */
  forget(entry: Entry): void {
    if (entry.kind !== "packet" || entry.type !== "EVENT" || entry.id === undefined) return;
    const key = keyOf(entry.direction, entry.namespace, entry.id);
    if (this.#asked.get(key)?.seq === entry.seq) this.#asked.delete(key);
  }

  #record(direction: Direction, transport: string | undefined, packet: SeenPacket): void {
    const { namespace, id, attachments, bytes } = packet;
    const { maxPayload } = this.#options;
    const type = TYPES[packet.type] ?? "UNKNOWN";
    const text = this.#shown(direction, type, packet.text);
    const isAck = type === "ACK" && id !== undefined;
    const asked = isAck ? this.#take(keyOf(opposite(direction), namespace, id)) : undefined;
    const entry = this.#sink.add({
      kind: "packet",
      direction,
      transport,
      type,
      namespace,
      event: type === "EVENT" ? eventName(packet.text) : asked?.event,
      id,
      text: text.slice(0, maxPayload),
      truncated: text.length > maxPayload,
      attachments,
      bytes,
    });
    if (!entry) return;
    if (asked) this.#pair(asked, entry);
    if (type === "EVENT" && id !== undefined) {
      const { seq, at, event } = entry as PacketEntry;
      this.#asked.set(keyOf(direction, namespace, id), { seq, at, event });
    }
  }

  #shown(direction: Direction, type: PacketEntry["type"], text: string): string {
    if (type !== "CONNECT" || this.#options.secrets) return text;
    return direction === "out" ? maskAuth(text) : maskPrivateId(text);
  }

  #take(key: string): Asked | undefined {
    const asked = this.#asked.get(key);
    this.#asked.delete(key);
    return asked;
  }

  #pair(asked: Asked, ack: Entry): void {
    const latency = ack.at - asked.at;
    this.#sink.amend(ack.seq, { pair: asked.seq, latency });
    this.#sink.amend(asked.seq, { pair: ack.seq, latency });
  }
}

const opposite = (direction: Direction): Direction => (direction === "in" ? "out" : "in");

const keyOf = (direction: Direction, namespace: string, id: number): string =>
  `${direction} ${id} ${namespace}`;

const NAME = /^\[\s*("(?:[^"\\]|\\.)*"|\d+)/;

function eventName(text: string): string | undefined {
  const name = NAME.exec(text)?.[1];
  return name === undefined ? undefined : String(JSON.parse(name));
}
