/** A table of small records, each held by one owner for a while. */
import { createHash } from "node:crypto";
import type { Store } from "@sockeye/cluster";
import type { Database } from "./database.ts";

/** So many records are written before those whose time is over are removed. */
const WRITES_PER_SWEEP = 100;

const UNTIL = "clock_timestamp() + $4::bigint * interval '1 millisecond'";

export class PostgresStore implements Store {
  readonly #database: Database;
  #writes = 0;

  constructor(database: Database) {
    this.#database = database;
  }

  async hold(key: string, owner: string, value: Uint8Array, ttl: number): Promise<boolean> {
    return this.#write("r.owner = excluded.owner or r.until <= clock_timestamp()", [key, owner, value, ttl]);
  }

  async seize(key: string, owner: string): Promise<Uint8Array | undefined> {
    return valueIn(
      await this.#database.run(
        "update $p_records set owner = $2 where key = $1 and until > clock_timestamp() returning encode(value, 'base64') as value",
        [plain(key), plain(owner)],
      ),
    );
  }

  async release(key: string, owner: string): Promise<void> {
    await this.#database.run("delete from $p_records where key = $1 and owner = $2", [
      plain(key),
      plain(owner),
    ]);
  }

  async add(key: string, value: Uint8Array, ttl: number): Promise<Uint8Array | undefined> {
    for (;;) {
      if (await this.#write("r.until <= clock_timestamp()", [key, "", value, ttl])) return undefined;
      const there = valueIn(
        await this.#database.run(
          "select encode(value, 'base64') as value from $p_records where key = $1 and until > clock_timestamp()",
          [plain(key)],
        ),
      );
      // Otherwise its time was over just now.
      if (there) return there;
    }
  }

  async #write(
    condition: string,
    [key, owner, value, ttl]: [key: string, owner: string, value: Uint8Array, ttl: number],
  ): Promise<boolean> {
    const base64 = Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString("base64");
    const rows = await this.#database.run(
      `insert into $p_records as r values ($1, $2, decode($3, 'base64'), ${UNTIL})
       on conflict (key) do update set owner = excluded.owner, value = excluded.value, until = excluded.until
       where ${condition} returning key`,
      [plain(key), plain(owner), base64, String(Math.ceil(ttl))],
    );
    if (++this.#writes % WRITES_PER_SWEEP === 0) {
      await this.#database.run("delete from $p_records where until <= clock_timestamp()", []);
    }
    return rows.length > 0;
  }
}

/** PostgreSQL's text takes no zero character, and an index no long value. */
function plain(text: string): string {
  return createHash("sha256").update(text).digest("base64url");
}

function valueIn(rows: ReadonlyArray<Record<string, unknown>>): Uint8Array | undefined {
  const value = rows[0]?.value;
  return typeof value === "string" ? Buffer.from(value, "base64") : undefined;
}
