/** Connections of ioredis. */
import { notSent } from "@sockeye/cluster";
import type { Address, Connection, ConnectionHandler } from "./connection.ts";

/** What a bus needs of an ioredis client (version 5). */
export interface IoredisLike {
  readonly status: string;
  readonly options?: { readonly host?: string | undefined };
  /** Of its connection. */
  readonly stream?: { readonly writable: boolean; cork(): void; uncork(): void };
  duplicate(override: {
    lazyConnect: boolean;
    enableOfflineQueue: boolean;
    autoResubscribe: boolean;
    autoResendUnfulfilledCommands: boolean;
    keyPrefix: string;
    host?: string;
    port?: number;
    readOnly?: boolean;
    retryStrategy?: (attempts: number) => number;
  }): IoredisLike;
  publish(channel: string, message: Buffer): Promise<unknown>;
  subscribe(channel: string): Promise<unknown>;
  unsubscribe(channel: string): Promise<unknown>;
  spublish(channel: string, message: Buffer): Promise<unknown>;
  ssubscribe(channel: string): Promise<unknown>;
  sunsubscribe(channel: string): Promise<unknown>;
  callBuffer(command: string, args: Array<string | Buffer>): Promise<unknown>;
  on(event: string, listener: (channel: Buffer, message: Buffer) => void): unknown;
  disconnect(): void;
}

export class IoredisConnection implements Connection {
  readonly #publisher: IoredisLike;
  readonly #listener: IoredisLike;
  readonly #sharded: boolean;
  /** ioredis forgets what is unanswered when a connection is lost, and would settle it never. */
  readonly #unanswered = new Set<(error: Error) => void>();
  #gathering = false;

  /** @param address of a server of a cluster; that of the client by default */
  constructor(client: IoredisLike, sharded: boolean, handler: ConnectionHandler, address?: Address) {
    this.#sharded = sharded;
    [this.#publisher, this.#listener] = [own(client, address), own(client, address)];
    const take = (channel: Buffer, message: Buffer): void => handler.message(channel.toString(), message);
    this.#listener.on(sharded ? "smessageBuffer" : "messageBuffer", take);
    const tell = (): void => handler.ready(isReady(this.#publisher) && isReady(this.#listener));
    for (const end of [this.#publisher, this.#listener]) {
      end.on("ready", tell);
      end.on("close", () => {
        tell();
        for (const reject of this.#unanswered) reject(new Error("redis: connection lost"));
        this.#unanswered.clear();
      });
      // The application's own client meets the same error and reports it; here it shows as the bus's state.
      end.on("error", () => {});
    }
  }

  publish(channel: string, message: Buffer): Promise<unknown> {
    // A connection that is lost stays "ready" until its stream has closed.
    const isWritable = isReady(this.#publisher) && this.#publisher.stream?.writable !== false;
    if (!isWritable) return Promise.reject(notSent("redis: not connected"));
    this.#gather();
    return this.#answered(
      this.#sharded ? this.#publisher.spublish(channel, message) : this.#publisher.publish(channel, message),
    );
  }

  subscribe(channel: string): Promise<unknown> {
    return this.#answered(
      this.#sharded ? this.#listener.ssubscribe(channel) : this.#listener.subscribe(channel),
    );
  }

  unsubscribe(channel: string): Promise<unknown> {
    return this.#answered(
      this.#sharded ? this.#listener.sunsubscribe(channel) : this.#listener.unsubscribe(channel),
    );
  }

  call([command, ...args]: Array<string | Buffer>): Promise<unknown> {
    return this.#answered(this.#publisher.callBuffer(String(command), args));
  }

  /** ioredis writes each command by itself: what is published at once leaves with one system call. */
  #gather(): void {
    const { stream } = this.#publisher;
    if (this.#gathering || !stream) return;
    this.#gathering = true;
    stream.cork();
    process.nextTick(() => {
      this.#gathering = false;
      stream.uncork();
    });
  }

  #answered(command: Promise<unknown>): Promise<unknown> {
    return new Promise((resolve, reject) => {
      this.#unanswered.add(reject);
      command.then(resolve, reject).finally(() => this.#unanswered.delete(reject));
    });
  }

  close(): void {
    for (const end of [this.#publisher, this.#listener]) end.disconnect();
  }
}

function own(client: IoredisLike, address?: Address): IoredisLike {
  return client.duplicate({
    lazyConnect: false,
    enableOfflineQueue: false,
    autoResubscribe: false,
    autoResendUnfulfilledCommands: false,
    // It would be added to the channels of some commands, and not of others.
    keyPrefix: "",
    // The clients of a cluster do not connect again, and those of its replicas ask for stale answers.
    ...(address && {
      ...address,
      readOnly: false,
      retryStrategy: (attempts) => Math.min(attempts * 50, 2_000),
    }),
  });
}

function isReady(client: IoredisLike): boolean {
  return client.status === "ready";
}
