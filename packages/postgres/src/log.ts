/** A table as log: positions in the order of commits, entries found by stream, NOTIFY for whoever listens. */
import type { Log, LogBatch, LogEntry, LogLimits, LogPage, Undo } from "@sockeye/cluster";
import type { PostgresBus } from "./bus.ts";
import { channelOf } from "./channels.ts";
import type { Database } from "./database.ts";

type Listener = (entry: LogEntry) => void;

/** A position, which part of the message this is, whether more of it follows ("+") or not ("."), and base64. */
const PAYLOAD = /^(\d{1,16})\/(\d{1,9})([+.])([A-Za-z0-9+/]*={0,2})$/;

export class PostgresLog implements Log {
  readonly #bus: PostgresBus;
  readonly #database: Database;
  readonly #limits: Required<LogLimits>;

  constructor(bus: PostgresBus, database: Database, limits: Required<LogLimits>) {
    this.#bus = bus;
    this.#database = database;
    this.#limits = limits;
  }

  async append({ sender, number, entries }: LogBatch): Promise<void> {
    const { maxAge, maxEntries, maxBytes } = this.#limits;
    const batch = entries.map(({ streams, message }) => ({
      c: streams.map((stream) => this.#channel(stream)),
      m: Buffer.from(message.buffer, message.byteOffset, message.byteLength).toString("base64"),
    }));
    await this.#database.run(
      "select $p_append($1, $2::bigint, $3::text::jsonb, $4::bigint, $5::bigint, $6::bigint)",
      [sender, number, JSON.stringify(batch), maxAge, maxEntries, maxBytes].map(String),
    );
  }

  subscribe(stream: string, listener: Listener): Promise<Undo> {
    const joiner = new EntryJoiner();
    return this.#bus.listen(this.#channel(stream), (payload) => {
      const entry = joiner.add(payload);
      if (entry) listener(entry);
    });
  }

  /** In one statement, so that head, floor and entries are of the same moment. */
  async read(streams: readonly string[], after: number): Promise<LogPage> {
    const rows = await this.#database.run(
      `select s.head::text, s.floor::text, e.position::text, encode(e.message, 'base64') as message
       from $p_log_state s
       left join (
         select distinct c.position from unnest(string_to_array($1, ' ')) as wanted(channel)
         join $p_log_channels c on c.channel = wanted.channel and c.position > $2::bigint
       ) as found on true
       left join $p_log e on e.position = found.position
       order by e.position`,
      [streams.map((stream) => this.#channel(stream)).join(" "), String(after)],
    );
    const entries = rows.flatMap(({ position, message }) =>
      typeof position === "string" && typeof message === "string"
        ? [{ position: Number(position), message: Buffer.from(message, "base64") }]
        : [],
    );
    return { entries, complete: after >= Number(rows[0]?.floor), head: Number(rows[0]?.head) };
  }

  async head(): Promise<number> {
    const [row] = await this.#database.run("select head::text from $p_log_state", []);
    return Number(row?.head);
  }

  #channel(stream: string): string {
    return channelOf(`${this.#database.prefix}.log.${stream}`);
  }
}

/** Puts the parts of entries together again; those of one entry follow each other. */
class EntryJoiner {
  #parts: Buffer[] = [];
  #position = "";

  /** @param payload undefined when the connection was lost, and with it the rest of what had begun */
  add(payload: string | undefined): LogEntry | undefined {
    const [, position = "", part, mark, base64 = ""] = PAYLOAD.exec(payload ?? "") ?? [];
    if (position !== this.#position || Number(part) !== this.#parts.length) this.#parts = [];
    if (Number(part) !== this.#parts.length) return undefined;
    this.#position = position;
    this.#parts.push(Buffer.from(base64, "base64"));
    if (mark === "+") return undefined;
    const message = this.#parts.length === 1 ? (this.#parts[0] as Buffer) : Buffer.concat(this.#parts);
    this.#parts = [];
    return { position: Number(position), message };
  }
}
