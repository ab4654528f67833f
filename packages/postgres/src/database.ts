/** The tables, made when they are needed first. */
import { wrongOption } from "@sockeye/cluster";
import type { PostgresBus } from "./bus.ts";
import { schema } from "./schema.ts";

export type Row = Record<string, unknown>;

/** Runs a statement; several in one text when there are no values. */
export type Run = (text: string, values: string[]) => Promise<readonly Row[]>;

const PREFIX = /^[a-z_][a-z0-9_]{0,39}$/;

/** Throws a RangeError for a prefix that is no plain name in lower case. */
export function checkPrefix(prefix: string): void {
  if (!PREFIX.test(prefix)) throw wrongOption("prefix", '1 to 40 of a-z, 0-9 and "_"', prefix);
}

export class Database {
  readonly prefix: string;
  readonly #bus: PostgresBus;
  readonly #run: Run;
  #made: Promise<unknown> | undefined;

  /** @param prefix a checked one: it becomes part of statements */
  constructor(bus: PostgresBus, run: Run, prefix: string) {
    this.prefix = prefix;
    this.#bus = bus;
    this.#run = run;
    // After an interruption it may be another database.
    bus.observe(() => {
      this.#made = undefined;
    });
  }

  /** `$p` in the text is the prefix. Rejects while the bus is down. */
  async run(text: string, values: string[]): Promise<readonly Row[]> {
    if (this.#bus.state === "down") throw new Error("postgres log: not connected");
    this.#made ??= this.#run(schema(this.prefix), []);
    const made = this.#made;
    try {
      await made;
    } catch (error) {
      if (this.#made === made) this.#made = undefined;
      throw error;
    }
    return this.#run(text.replaceAll("$p_", `${this.prefix}_`), values);
  }
}
