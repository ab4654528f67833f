/** The two ends of a Redis pub/sub connection, whichever client library makes it. */

/** Where one server of a Redis Cluster listens. */
export interface Address {
  readonly host: string;
  readonly port: number;
}

/** Who is told what happens on a connection. */
export interface ConnectionHandler {
  message(channel: string, message: Buffer): void;
  /** Both ends are connected, or one no longer is; subscriptions are gone then. */
  ready(ready: boolean): void;
}

/**
 * One connection to publish and one to listen, made for the bus alone. An implementation
 * - MUST reject commands when it is not connected, `publish` with `notSent` then, and MUST NOT keep or repeat them;
 * - MUST connect again by itself.
 */
export interface Connection {
  publish(channel: string, message: Buffer): Promise<unknown>;
  subscribe(channel: string): Promise<unknown>;
  unsubscribe(channel: string): Promise<unknown>;
  /** Runs any command on the publishing end; strings are answered as buffers. */
  call(args: Array<string | Buffer>): Promise<unknown>;
  close(): Promise<void> | void;
}
