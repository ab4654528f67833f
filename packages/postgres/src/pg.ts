/** A connection of `pg`, out of its pool for as long as the bus lives. */
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

  listen(channels: string[]): Promise<unknown> {
    return this.#query(channels.map((channel) => `listen ${quoted(channel)}`).join(";"));
  }

  unlisten(channels: string[]): Promise<unknown> {
    return this.#query(channels.map((channel) => `unlisten ${quoted(channel)}`).join(";"));
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#drop(this.#client);
  }

  async #connect(): Promise<void> {
    const backoff = new Backoff();
    while (!this.#closed) {
      try {
        return this.#take(await this.#pool.connect());
      } catch (error) {
        if (this.#closed) return;
        this.#failed(error);
        await backoff.pause();
      }
    }
  }

  #take(client: PgClientLike): void {
    if (this.#closed) {
      client.release(true);
      return;
    }
    client.on("notification", (message) => {
      if (!message || client !== this.#client) return;
      const { channel, payload = "" } = message;
      this.#handler.notification(channel, payload);
    });
    client.on("error", (error) => this.#onLost(client, error));
    client.on("end", () => this.#onLost(client));
    this.#client = client;
    this.#handler.ready(true);
  }

  async #query(text: string, values?: unknown[]): Promise<unknown> {
    const client = this.#client;
    if (!client) throw new Error("postgres bus: not connected");
    const silence = new Error(`postgres bus: no answer within ${ANSWER_TIMEOUT} ms`);
    const deadline = setTimeout(() => this.#onLost(client, silence), ANSWER_TIMEOUT).unref();
    try {
      return await client.query(text, values);
    } finally {
      clearTimeout(deadline);
    }
  }

  #onLost(client: PgClientLike, error?: Error): void {
    if (client !== this.#client) return;
    if (error) this.#failed(error);
    this.#drop(client);
    void this.#connect();
  }

  #drop(client: PgClientLike | undefined): void {
    if (!client || client !== this.#client) return;
    this.#client = undefined;
    client.release(true);
    this.#handler.ready(false);
  }
}
