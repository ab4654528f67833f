/** What a bus needs of a NATS connection: those of `nats` 2 and of `@nats-io/transport-node` 3 both fit. */

import { hasMethods, wrongClient } from "@sockeye/cluster";

/** Headers of a message. */
export interface NatsHeaders {
  /** "" when there is none of the name. */
  get(name: string): string;
  set(name: string, value: string): void;
}

/** One message; its data is only good during the callback. */
export interface NatsMessage {
  readonly data: Uint8Array;
  readonly headers?: Pick<NatsHeaders, "get"> | undefined;
  readonly subject?: string;
  readonly reply?: string | undefined;
}

/** A connection to NATS, connected. */
export interface NatsLike {
  publish(subject: string, payload: Uint8Array): void;
  subscribe(
    subject: string,
    options: { callback: (error: Error | null, message: NatsMessage) => void },
  ): { unsubscribe(): void };
  /** Resolves when the server has handled all that was sent before. */
  flush(): Promise<void>;
  status(): AsyncIterable<{ type: string }>;
  isClosed(): boolean;
}

/** What JetStream needs of it besides. */
export interface JetStreamConnection extends NatsLike {
  publish(subject: string, payload: Uint8Array, options?: { headers?: NatsHeaders | undefined }): void;
  /** Rejects without an answer after `timeout` milliseconds, and with the code "503" when nobody is there to answer. */
  request(
    subject: string,
    payload: Uint8Array | string,
    options?: { timeout: number; headers?: NatsHeaders | undefined },
  ): Promise<NatsMessage>;
  readonly info?: { max_payload?: number } | undefined;
}

/** Throws a TypeError for what is no connection to NATS. */
export function checkConnection(caller: string, connection: NatsLike): void {
  if (hasMethods(connection, "publish", "subscribe", "flush", "status", "isClosed")) return;
  throw wrongClient(caller, 'a connection of "nats" or "@nats-io/transport-node"', connection);
}
