/** The port to whatever carries messages between servers. */

/** Undoes a subscription; may be called more than once. */
export type Undo = () => void;

/** Whether messages get through. */
export type BusState = "up" | "down";

/** What `publish` rejects with when nothing was sent: its code is `ERR_NOT_SENT`. */
export function notSent(message: string): Error {
  return Object.assign(new Error(message), { code: "ERR_NOT_SENT" });
}

/** Whether it is certain that nothing was sent. */
export function isNotSent(error: unknown): boolean {
  return (error as { code?: unknown } | undefined)?.code === "ERR_NOT_SENT";
}

/**
 * What a cluster needs of Redis, NATS, Postgres, ... An implementation
 * - MUST carry any bytes, up to a megabyte at least, to every subscriber of the topic, in other processes too;
 * - MUST keep the order of what one publisher sends to one topic, and SHOULD keep it across topics;
 * - MUST NOT call a listener within `publish` or `subscribe`; MAY deliver a publisher's own messages to it;
 * - MUST resolve `subscribe` when messages published from now on will arrive, and renew subscriptions by itself
 *   after an interruption, before it reports "up" again;
 * - MUST reject `publish` when the message was not sent, or perhaps not, and MUST NOT throw or keep it for later;
 *   when it was not sent for sure, SHOULD reject with {@link notSent}: the cluster says it again then;
 * - MUST report each change of its state, and the present one to a new observer at once if it is "down";
 * - MUST NOT deliver to a listener once its subscription is undone;
 * - MUST NOT trust topics beyond the letters, digits, `.`, `:`, `-` and `_` that they are made of.
 */
export interface Bus {
  publish(topic: string, message: Uint8Array): Promise<void>;
  subscribe(topic: string, listener: (message: Uint8Array) => void): Promise<Undo>;
  /** Calls back at each change of state. */
  observe(listener: (state: BusState) => void): Undo;
  /**
   * Into how many topics the rooms of a namespace are cut at most: as many as subscriptions are cheap. The same
   * number on all servers of a cluster.
   */
  readonly roomTopics: number;
}
