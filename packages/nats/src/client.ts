/** What a bus needs of a NATS connection: those of `nats` 2 and of `@nats-io/transport-node` 3 both fit. */

/** One message; its data is only good during the callback. */
export interface NatsMessage {
  readonly data: Uint8Array;
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
