/** A stream of JetStream as log: positions are its sequence numbers, streams its subjects. */
import type { Log, LogBatch, LogEntry, LogLimits, LogPage, Undo } from "@sockeye/cluster";
import type { JetStream, StoredMessage, StreamConfig } from "./api.ts";
import type { NatsBus } from "./bus.ts";
import type { NatsHeaders, NatsMessage } from "./client.ts";
import { baseOf, ID, PARTS, POSITION, STREAMS, TERM } from "./conductor.ts";

type Listener = (entry: LogEntry) => void;

const NANOSECONDS = 1_000_000;

/** What the server is told of the log. */
export function logConfig(name: string, { maxAge, maxEntries, maxBytes }: Required<LogLimits>): StreamConfig {
  return {
    name,
    subjects: [`${name}.log.>`, `${name}.part.>`],
    retention: "limits",
    discard: "old",
    max_age: maxAge * NANOSECONDS,
    max_msgs: maxEntries,
    max_bytes: maxBytes,
    max_msgs_per_subject: -1,
    max_msg_size: -1,
    max_consumers: -1,
    duplicate_window: maxAge * NANOSECONDS,
  };
}

/** An entry that was heard, until it is handed on. */
interface Heard {
  readonly position: number;
  readonly id: string;
  readonly parts: number;
  readonly message: Uint8Array;
  readonly handOn: Listener;
}

/**
 * An entry of one stream is a message on a subject of its own, found by that; those of several share a subject. A
 * batch goes out in one piece, so that its entries keep their order unless the stream's leader changes in its midst.
 */
export class JetStreamLog implements Log {
  readonly #bus: NatsBus;
  readonly #stream: JetStream;
  readonly #headers: () => NatsHeaders;
  readonly #listeners = new Map<string, Set<Listener>>();
  #common: Promise<unknown> | undefined;
  /** Of whoever hands on what is stored. */
  #term = 0;
  /** What waits for the parts of an entry before it; `undefined` when nothing does. */
  #waiting: Heard[] | undefined;

  constructor(bus: NatsBus, stream: JetStream, headers: () => NatsHeaders) {
    this.#bus = bus;
    this.#stream = stream;
    this.#headers = headers;
    bus.observe((state) => {
      if (state === "up") return;
      this.#waiting = undefined;
    });
  }

  /** Hears whoever hands on under this term, and nobody before. */
  begin(term: number): void {
    this.#term = term;
  }

  async append({ sender, number, entries }: LogBatch): Promise<void> {
    await this.#ready();
    let stored: Array<Promise<number>> = [];
    for (const [index, { streams, message }] of entries.entries()) {
      const id = `${sender.replace(/[^\w-]/g, "_")}/${number}/${index}`;
      if (message.byteLength <= this.#stream.maxBytes) {
        stored.push(this.#store(id, streams, message));
      } else {
        // Nobody must hear of it before its parts are there, nor before what was said before.
        await Promise.all(stored);
        const parts = await this.#storeParts(id, message);
        stored = [this.#store(id, streams, new Uint8Array(0), parts)];
      }
    }
    await Promise.all(stored);
  }

  async subscribe(stream: string, listener: Listener): Promise<Undo> {
    // One of its own for each subscription, whoever listens.
    const handOn: Listener = (entry) => listener(entry);
    const listeners = this.#listeners.get(stream) ?? new Set();
    this.#listeners.set(stream, listeners.add(handOn));
    const forget = (): void => {
      listeners.delete(handOn);
      if (listeners.size === 0 && this.#listeners.get(stream) === listeners) this.#listeners.delete(stream);
    };
    try {
      this.#common ??= this.#listenToCommon();
      await this.#common;
      const undo = await this.#bus.listen(this.#subject("live", stream), (message) => {
        this.#hear(message, (entry) => listeners.has(handOn) && handOn(entry));
      });
      return () => {
        forget();
        undo();
      };
    } catch (error) {
      forget();
      throw error;
    }
  }

  /** The end is asked for first, and the beginning again at last, when everything between has been read. */
  async read(streams: readonly string[], after: number): Promise<LogPage> {
    await this.#ready();
    const { created, first, last } = await this.#stream.state();
    const from = Math.max(after - baseOf(created) + 1, first);
    const subjects = [
      `${this.#stream.name}.log.many`,
      ...streams.map((stream) => this.#subject("log", stream)),
    ];
    const found = await Promise.all(subjects.map((subject) => this.#stream.range(subject, from, last)));
    const wanted = new Set(streams);
    const messages = found.flat().filter((message) => {
      const several = streamsOf(message.header(STREAMS));
      return several.length === 0 || several.some((stream) => wanted.has(stream));
    });
    const entries = await Promise.all(
      messages.toSorted((a, b) => a.seq - b.seq).map((message) => this.#entryOf(message, baseOf(created))),
    );
    const end = await this.#stream.state();
    if (end.created !== created) throw new Error("jetstream: the log was made anew while it was read");
    const whole = entries.filter((entry) => entry !== undefined);
    const complete = whole.length === entries.length && after - baseOf(created) + 1 >= end.first;
    return { entries: whole, complete, head: baseOf(created) + last };
  }

  async head(): Promise<number> {
    await this.#ready();
    const { created, last } = await this.#stream.state();
    return baseOf(created) + last;
  }

  async #ready(): Promise<void> {
    if (this.#bus.state === "down") throw new Error("jetstream: not connected");
    await this.#stream.made();
  }

  #store(id: string, streams: readonly string[], message: Uint8Array, parts = 0): Promise<number> {
    const headers = this.#headersOf(id);
    if (parts > 0) headers.set(PARTS, String(parts));
    const [only, another] = streams;
    if (only !== undefined && another === undefined) {
      return this.#stream.store(this.#subject("log", only), message, headers);
    }
    headers.set(STREAMS, streams.join(" "));
    return this.#stream.store(`${this.#stream.name}.log.many`, message, headers);
  }

  /** @returns how many there are */
  async #storeParts(id: string, message: Uint8Array): Promise<number> {
    const size = this.#stream.maxBytes;
    const count = Math.ceil(message.byteLength / size);
    await Promise.all(
      Array.from({ length: count }, (_, part) => {
        const bytes = message.subarray(part * size, (part + 1) * size);
        return this.#stream.store(this.#partOf(id, part), bytes, this.#headersOf(`${id}/${part}`));
      }),
    );
    return count;
  }

  /** JetStream stores what has the same id once. */
  #headersOf(id: string): NatsHeaders {
    const headers = this.#headers();
    headers.set(ID, id);
    return headers;
  }

  /** What is for several streams, and word of who hands on. */
  async #listenToCommon(): Promise<void> {
    const { name } = this.#stream;
    const toEach = (streams: readonly string[], entry: LogEntry): void => {
      for (const stream of streams) for (const listener of this.#listeners.get(stream) ?? []) listener(entry);
    };
    try {
      await Promise.all([
        this.#bus.listen(`${name}.live.many`, (message) => {
          const streams = streamsOf(message.headers?.get(STREAMS) ?? "");
          this.#hear(message, (entry) => toEach(streams, entry));
        }),
        this.#bus.listen(`${name}.live.term`, ({ headers }) => this.#accept(headers, true)),
      ]);
    } catch (error) {
      this.#common = undefined;
      throw error;
    }
  }

  #hear({ headers, data }: NatsMessage, handOn: Listener): void {
    const position = Number(headers?.get(POSITION));
    if (!headers || !Number.isSafeInteger(position) || !this.#accept(headers, false)) return;
    const parts = Number(headers.get(PARTS));
    this.#take({ position, parts, id: headers.get(ID), message: Buffer.from(data), handOn });
  }

  /**
   * Whether it comes from whoever hands on at present. What was stored between two terms nobody hands on: it is read. A
   * term that is met in its midst began before this server listened.
   */
  #accept(headers: NatsMessage["headers"], announced: boolean): boolean {
    const term = Number(headers?.get(TERM));
    if (!Number.isSafeInteger(term) || term < this.#term) return false;
    const news = term > this.#term && (announced || this.#term > 0);
    this.#term = term;
    if (news) this.#bus.renew();
    // What comes while the bus is down will be read when it is up.
    return this.#bus.state === "up";
  }

  #take(heard: Heard): void {
    if (this.#waiting) this.#waiting.push(heard);
    else if (heard.parts > 0) void this.#handOnWhenWhole([heard]);
    else heard.handOn({ position: heard.position, message: heard.message });
  }

  async #handOnWhenWhole(waiting: Heard[]): Promise<void> {
    this.#waiting = waiting;
    try {
      for (let next = waiting[0]; next; next = waiting[0]) {
        const message = next.parts > 0 ? await this.#join(next.id, next.parts) : next.message;
        if (this.#waiting !== waiting) return;
        if (!message) throw new Error("jetstream: a part of an entry is no longer there");
        waiting.shift();
        next.handOn({ position: next.position, message });
      }
      this.#waiting = undefined;
    } catch {
      // Read again, from what was handed on last.
      if (this.#waiting === waiting) this.#bus.renew();
    }
  }

  async #entryOf(message: StoredMessage, base: number): Promise<LogEntry | undefined> {
    const parts = Number(message.header(PARTS));
    const whole = parts > 0 ? await this.#join(message.header(ID), parts) : message.data;
    return whole && { position: base + message.seq, message: whole };
  }

  async #join(id: string, count: number): Promise<Uint8Array | undefined> {
    const parts = await Promise.all(
      Array.from({ length: count }, (_, part) => this.#stream.last(this.#partOf(id, part))),
    );
    const bytes = parts.flatMap((part) => (part ? [part.data] : []));
    return bytes.length === count ? Buffer.concat(bytes) : undefined;
  }

  #partOf(id: string, part: number): string {
    return `${this.#stream.name}.part.${id}/${part}`;
  }

  #subject(kind: "log" | "live", stream: string): string {
    return `${this.#stream.name}.${kind}.one.${stream.replaceAll(".", "/")}`;
  }
}

function streamsOf(header: string): string[] {
  return header.split(" ").filter(Boolean);
}
