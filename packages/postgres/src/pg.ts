/** A connection of `pg`, out of its pool for as long as the bus lives. */
import { notSent } from "@sockeye/cluster";
import { quoted } from "./channels.ts";
import { Backoff, type Connection, type ConnectionHandler, NOTIFY } from "./connection.ts";

/** What a connection has heard on a channel. */
export interface PgNotification {
  channel: string;
  payload?: string;
}

/** What a bus needs of a client of `pg` (version 8). */
export interface PgClientLike {
  query(text: string, values?: unknown[]): Promise<unknown>;
  on(event: "notification", listener: (message?: PgNotification) => void): unknown;
  on(event: "error", listener: (error?: Error) => void): unknown;
  on(event: "end", listener: () => void): unknown;
  /** @param destroy ends the connection instead of lending it to somebody else */
  release(destroy?: boolean): void;
}

/** What a bus needs of a `Pool` of `pg` (version 8). */
export interface PgPoolLike {
  readonly totalCount: number;
  readonly options?: { max?: number };
  query(text: string, values?: unknown[]): Promise<{ rows: Array<Record<string, unknown>> }>;
  connect(): Promise<PgClientLike>;
}

/** Milliseconds after which a connection that does not answer counts as lost. */
const ANSWER_TIMEOUT = 10_000;

export class PgConnection implements Connection {
  readonly #pool: PgPoolLike;
  readonly #handler: ConnectionHandler;
  readonly #failed: (error: unknown) => void;
  #client: PgClientLike | undefined;
  /** Settles with the query that was made last. */
  #latest: Promise<unknown> = Promise.resolve();
  #closed = false;

  constructor(pool: PgPoolLike, failed: (error: unknown) => void, handler: ConnectionHandler) {
    this.#pool = pool;
    this.#handler = handler;
    this.#failed = failed;
    void this.#connect();
  }

  notify(channels: string[], payloads: string[]): Promise<unknown> {
    return this.#query(NOTIFY, [channels, payloads]);
  }

  async listen(channels: string[]): Promise<unknown> {
    const client = this.#client;
    try {
      return await this.#query(channels.map((channel) => `listen ${quoted(channel)}`).join(";"));
    } catch (error) {
      // Perhaps the pool had a dead one left: a connection that does not listen is none.
      if (client) this.#onLost(client, error as Error, true);
      throw error;
    }
  }

  unlisten(channels: string[]): Promise<unknown> {
    return this.#query(channels.map((channel) => `unlisten ${quoted(channel)}`).join(";"));
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#drop(this.#client);
  }

  async #connect(pause = false): Promise<void> {
    const backoff = new Backoff();
    if (pause) await backoff.pause();
    while (!this.#closed) {
      try {
        return await this.#take(await this.#pool.connect());
      } catch (error) {
        if (this.#closed) return;
        this.#failed(error);
        await backoff.pause();
      }
    }
  }

  async #take(client: PgClientLike): Promise<void> {
    client.on("notification", (message) => {
      if (!message || client !== this.#client) return;
      const { channel, payload = "" } = message;
      this.#handler.notification(channel, payload);
    });
    client.on("error", (error) => this.#onLost(client, error));
    client.on("end", () => this.#onLost(client));
    try {
      // The pool may lend a connection that was idle when the server went, and has not noticed.
      await answered(client, "select 1");
    } catch (error) {
      client.release(true);
      throw error;
    }
    if (this.#closed) {
      client.release(true);
      return;
    }
    this.#client = client;
    this.#handler.ready(true);
  }

  /** One after the other, as pg will not keep queries in a queue of its own any longer. */
  #query(text: string, values?: unknown[]): Promise<unknown> {
    const client = this.#client;
    const answer = this.#latest.then(() => {
      if (!client || client !== this.#client) throw notSent("postgres bus: not connected");
      return answered(client, text, values, (silence) => this.#onLost(client, silence));
    });
    this.#latest = answer.catch(() => {});
    return answer;
  }

  #onLost(client: PgClientLike, error?: Error, pause = false): void {
    if (client !== this.#client) return;
    if (error) this.#failed(error);
    this.#drop(client);
    void this.#connect(pause);
  }

  #drop(client: PgClientLike | undefined): void {
    if (!client || client !== this.#client) return;
    this.#client = undefined;
    this.#latest = Promise.resolve();
    client.release(true);
    this.#handler.ready(false);
  }
}

/** The answer to a query; rejects, and tells, when there is none in time. */
async function answered(
  client: PgClientLike,
  text: string,
  values?: unknown[],
  silent: (error: Error) => void = () => {},
): Promise<unknown> {
  let deadline: NodeJS.Timeout | undefined;
  const silence = new Promise<never>((_, reject) => {
    deadline = setTimeout(() => {
      const error = new Error(`postgres bus: no answer within ${ANSWER_TIMEOUT} ms`);
      silent(error);
      reject(error);
    }, ANSWER_TIMEOUT).unref();
  });
  try {
    return await Promise.race([client.query(text, values), silence]);
  } finally {
    clearTimeout(deadline);
  }
}
