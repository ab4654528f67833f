/** Connections of postgres.js, which listens on one of its own and renews that by itself. */

import { randomBytes } from "node:crypto";
import { notSent } from "@sockeye/cluster";
import { Backoff, type Connection, type ConnectionHandler, NOTIFY } from "./connection.ts";
import { deferred } from "./deferred.ts";

/** What a bus needs of the `sql` of `postgres` (version 3.4). */
export interface PostgresJsLike {
  unsafe(text: string, values: Array<string | string[]>): PromiseLike<ReadonlyArray<Record<string, unknown>>>;
  listen(
    channel: string,
    listener: (payload: string) => void,
    onListen: () => void,
  ): Promise<{ unlisten(): Promise<void> }>;
}

type Listening = Promise<{ unlisten(): Promise<void> }>;

/** Milliseconds between two signs of life that the connection sends to itself, and their patience. */
const [PROBE_INTERVAL, PROBE_TIMEOUT] = [1_000, 4_000];

/**
 * postgres.js does not tell when its listening connection is lost, and listens again by itself. So a channel of our
 * own tells: notifications to ourselves have to come back, and it is listened to again when all channels are.
 */
export class PostgresJsConnection implements Connection {
  readonly #sql: PostgresJsLike;
  readonly #handler: ConnectionHandler;
  readonly #failed: (error: unknown) => void;
  readonly #name = `probe.${randomBytes(9).toString("base64url")}`;
  readonly #listening = new Map<string, Listening>();
  #heard = 0;
  #ready = false;
  #closed = false;
  #generation = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(sql: PostgresJsLike, failed: (error: unknown) => void, handler: ConnectionHandler) {
    this.#sql = sql;
    this.#handler = handler;
    this.#failed = failed;
    void this.#connect();
  }

  async notify(channels: string[], payloads: string[]): Promise<unknown> {
    if (!this.#ready) throw notSent("postgres bus: not connected");
    return this.#run(channels, payloads);
  }

  listen(channels: string[]): Promise<unknown> {
    return Promise.all(channels.map((channel) => this.#listen(channel)));
  }

  unlisten(channels: string[]): Promise<unknown> {
    return Promise.all(channels.map((channel) => this.#unlisten(channel)));
  }

  async close(): Promise<void> {
    this.#closed = true;
    clearInterval(this.#timer);
    this.#setReady(false);
    await Promise.allSettled([...this.#listening.keys()].map((channel) => this.#unlisten(channel)));
  }

  #listen(channel: string): Listening {
    const existing = this.#listening.get(channel);
    if (existing) return existing;
    const listening = this.#sql.listen(
      channel,
      (payload) => this.#handler.notification(channel, payload),
      () => {},
    );
    this.#listening.set(channel, listening);
    listening.catch(() => {
      if (this.#listening.get(channel) === listening) this.#listening.delete(channel);
    });
    return listening;
  }

  async #unlisten(channel: string): Promise<void> {
    const listening = this.#listening.get(channel);
    this.#listening.delete(channel);
    await (await listening)?.unlisten();
  }

  async #run(channels: string[], payloads: string[]): Promise<unknown> {
    try {
      return await this.#sql.unsafe(NOTIFY, [channels, payloads]);
    } catch (error) {
      this.#onLost(error);
      throw error;
    }
  }

  /** Until a notification to ourselves comes back over a channel that is listened to after all others. */
  async #connect(): Promise<void> {
    const backoff = new Backoff();
    while (!this.#closed) {
      try {
        return await this.#probe();
      } catch (error) {
        if (this.#closed) return;
        this.#failed(error);
        await backoff.pause();
      }
    }
  }

  async #probe(): Promise<void> {
    const generation = ++this.#generation;
    const channel = `${this.#name}.${generation}`;
    let known = false;
    const back = deferred();
    const heard = (): void => {
      this.#heard = performance.now();
      back.resolve();
    };
    const onListen = (): void => {
      // Again, without our doing: the connection was lost and is a new one.
      if (known && generation === this.#generation) this.#onLost(new Error("listening connection lost"));
      known = true;
    };
    const { unlisten } = await this.#sql.listen(channel, heard, onListen);
    const silence = setTimeout(
      () => back.reject(new Error("no notification came back")),
      PROBE_TIMEOUT,
    ).unref();
    try {
      await this.#sql.unsafe(NOTIFY, [[channel], ["probe"]]);
      await back.promise;
    } finally {
      clearTimeout(silence);
    }
    this.#watch(channel, unlisten);
  }

  #watch(channel: string, unlisten: () => Promise<void>): void {
    const end = (): void => {
      clearInterval(timer);
      unlisten().catch(() => {});
    };
    const generation = this.#generation;
    const timer = setInterval(() => {
      if (generation !== this.#generation) end();
      else if (performance.now() - this.#heard > PROBE_TIMEOUT)
        this.#onLost(new Error("no notification came back"));
      else this.#run([channel], ["probe"]).catch(() => {});
    }, PROBE_INTERVAL).unref();
    this.#timer = timer;
    if (this.#closed) end();
    else this.#setReady(true);
  }

  #onLost(error: unknown): void {
    if (!this.#ready) return;
    this.#failed(error);
    this.#setReady(false);
    void this.#connect();
  }

  #setReady(ready: boolean): void {
    if (ready === this.#ready) return;
    this.#ready = ready;
    this.#handler.ready(ready);
  }
}
