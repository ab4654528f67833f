/** The way to PostgreSQL, whichever client library makes it. */

/** Who is told what happens on a connection. */
export interface ConnectionHandler {
  notification(channel: string, payload: string): void;
  /** It is connected, or no longer; with the connection its subscriptions go. */
  ready(ready: boolean): void;
}

/**
 * Connections made for the bus alone. An implementation
 * - MUST reject commands when it is not connected, and MUST NOT keep or repeat them;
 * - MUST connect again by itself;
 * - MUST take channels for names, whatever characters they consist of.
 */
export interface Connection {
  /** Sends `payloads[i]` to `channels[i]`, in this order, in one transaction. */
  notify(channels: string[], payloads: string[]): Promise<unknown>;
  listen(channels: string[]): Promise<unknown>;
  unlisten(channels: string[]): Promise<unknown>;
  close(): Promise<void>;
}

/**
 * What sends the notifications of one transaction; the order of the arrays is that of delivery. It answers their number,
 * where a row for each would have to be read.
 */
export const NOTIFY = `select count(*) from
  (select pg_notify(channel, payload) from unnest($1::text[], $2::text[]) as t(channel, payload)) as sent`;

/** Milliseconds between attempts to connect: at first, and at most. */
const [FIRST_PAUSE, LONGEST_PAUSE] = [50, 2_000];

/** How long to wait before the next attempt to connect; a pause keeps no process alive. */
export class Backoff {
  #next = FIRST_PAUSE;

  reset(): void {
    this.#next = FIRST_PAUSE;
  }

  async pause(): Promise<void> {
    const milliseconds = this.#next;
    this.#next = Math.min(milliseconds * 2, LONGEST_PAUSE);
    await new Promise((resolve) => setTimeout(resolve, milliseconds).unref());
  }
}
