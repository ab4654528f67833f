/** Connections of node-redis. */
import { notSent } from "@sockeye/cluster";
import type { Address, Connection, ConnectionHandler } from "./connection.ts";

type Listener = (message: Buffer, channel: Buffer) => void;

/** Bulk strings as buffers: told to version 5 by their type (RESP, "$"), and to version 4. */
export const AS_BUFFERS: { typeMapping: { 36: BufferConstructor }; returnBuffers: true } = {
  typeMapping: { 36: Buffer },
  returnBuffers: true,
};

/** What a bus needs of a node-redis client (package `redis`, version 4 or 5). */
export interface NodeRedisLike {
  readonly isOpen: boolean;
  readonly isReady: boolean;
  readonly options?: { readonly socket?: object | undefined };
  duplicate(overrides: { disableOfflineQueue: boolean; socket?: object }): NodeRedisLike;
  connect(): Promise<unknown>;
  publish(channel: string, message: Buffer): Promise<unknown>;
  subscribe(channel: string, listener: Listener, bufferMode: true): Promise<unknown>;
  unsubscribe(channel: string, listener: Listener, bufferMode: true): Promise<unknown>;
  sPublish(channel: string, message: Buffer): Promise<unknown>;
  sSubscribe(channel: string, listener: Listener, bufferMode: true): Promise<unknown>;
  sUnsubscribe(channel: string, listener: Listener, bufferMode: true): Promise<unknown>;
  sendCommand(args: Array<string | Buffer>, options: typeof AS_BUFFERS): Promise<unknown>;
  on(event: string, listener: () => void): unknown;
  disconnect(): unknown;
}

export class NodeRedisConnection implements Connection {
  readonly #publisher: NodeRedisLike;
  readonly #listener: NodeRedisLike;
  readonly #sharded: boolean;
  readonly #take: Listener;

  /** @param address of a server of a cluster; that of the client by default */
  constructor(client: NodeRedisLike, sharded: boolean, handler: ConnectionHandler, address?: Address) {
    this.#sharded = sharded;
    this.#take = (message, channel) => handler.message(channel.toString(), message);
    [this.#publisher, this.#listener] = [own(client, address), own(client, address)];
    const tell = (): void => handler.ready(this.#publisher.isReady && this.#listener.isReady);
    for (const end of [this.#publisher, this.#listener]) {
      for (const event of ["ready", "reconnecting", "end"]) end.on(event, tell);
      // The application's own client meets the same error and reports it; here it shows as the bus's state.
      end.on("error", tell);
      end.connect().catch(tell);
    }
  }

  publish(channel: string, message: Buffer): Promise<unknown> {
    if (!this.#publisher.isReady) return Promise.reject(notSent("redis: not connected"));
    return this.#sharded
      ? this.#publisher.sPublish(channel, message)
      : this.#publisher.publish(channel, message);
  }

  subscribe(channel: string): Promise<unknown> {
    return this.#sharded
      ? this.#listener.sSubscribe(channel, this.#take, true)
      : this.#listener.subscribe(channel, this.#take, true);
  }

  unsubscribe(channel: string): Promise<unknown> {
    return this.#sharded
      ? this.#listener.sUnsubscribe(channel, this.#take, true)
      : this.#listener.unsubscribe(channel, this.#take, true);
  }

  call(args: Array<string | Buffer>): Promise<unknown> {
    return this.#publisher.sendCommand(args, AS_BUFFERS);
  }

  async close(): Promise<void> {
    const open = [this.#publisher, this.#listener].filter((end) => end.isOpen);
    await Promise.all(open.map((end) => end.disconnect()));
  }
}

function own(client: NodeRedisLike, address?: Address): NodeRedisLike {
  const socket = address && { socket: { ...client.options?.socket, ...address } };
  return client.duplicate({ disableOfflineQueue: true, ...socket });
}
