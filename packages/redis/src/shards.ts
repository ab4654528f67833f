/** A Redis Cluster as one connection: each channel and key goes to the server that has its slot. */
import { notSent } from "@sockeye/cluster";
import type { Address, Connection, ConnectionHandler } from "./connection.ts";
import type { Fleet } from "./fleet.ts";
import { isComplete, type SlotRange, slotOf } from "./slots.ts";

/** Milliseconds until the cluster is looked at again: while all is well, and while something is not. */
const [CALM, ALERT] = [5_000, 200];

/** What a server answers that has the slot no longer, or not yet: nothing was done then. */
const ELSEWHERE = /^(MOVED|ASK|TRYAGAIN|CLUSTERDOWN|READONLY)\b/;

/** A server with slots, and whether it is connected. */
interface Shard {
  readonly connection: Connection;
  ready: boolean;
}

/**
 * Connections to all masters. It is ready while all of them are and have the slots that they had: when slots have
 * moved, all is connected and subscribed anew, so that nothing is missed unnoticed.
 */
export class ShardsConnection implements Connection {
  readonly #fleet: Fleet;
  readonly #sharded: boolean;
  readonly #handler: ConnectionHandler;
  readonly #shards = new Map<string, Shard>();
  #ranges: readonly SlotRange[] = [];
  #isStale = true;
  #isClosed = false;
  #look = (): void => {};

  constructor(fleet: Fleet, sharded: boolean, handler: ConnectionHandler) {
    this.#fleet = fleet;
    this.#sharded = sharded;
    this.#handler = handler;
    void this.#watch();
  }

  publish(channel: string, message: Buffer): Promise<unknown> {
    return this.#at(channel, (connection) => connection.publish(channel, message));
  }

  subscribe(channel: string): Promise<unknown> {
    return this.#at(channel, (connection) => connection.subscribe(channel));
  }

  unsubscribe(channel: string): Promise<unknown> {
    return this.#at(channel, (connection) => connection.unsubscribe(channel));
  }

  /** Scripts are all that is called: behind a script and the number of its keys is the first key. */
  call(args: Array<string | Buffer>): Promise<unknown> {
    return this.#at(String(args[3]), (connection) => connection.call(args));
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    this.#look();
    this.#fleet.close();
    await this.#leave();
  }

  async #at(name: string, command: (connection: Connection) => Promise<unknown>): Promise<unknown> {
    const shard = this.#shardOf(slotOf(name, this.#sharded));
    if (!shard?.ready) throw notSent("redis: the server of the slot is not connected");
    try {
      return await command(shard.connection);
    } catch (error) {
      const { message } = error as Error;
      if (!ELSEWHERE.test(message)) throw error;
      this.#isStale = true;
      this.#tell();
      this.#look();
      throw notSent(message);
    }
  }

  #shardOf(slot: number): Shard | undefined {
    const range = this.#ranges.find(({ from, to }) => slot >= from && slot <= to);
    return range && this.#shards.get(keyOf(range.master));
  }

  get #isReady(): boolean {
    return !this.#isStale && [...this.#shards.values()].every(({ ready }) => ready);
  }

  #tell(): void {
    this.#handler.ready(!this.#isClosed && this.#isReady);
  }

  async #watch(): Promise<void> {
    while (!this.#isClosed) {
      try {
        this.#take(await this.#fleet.ranges());
      } catch {
        // No server answers: that shows as the state of the connections.
      }
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, this.#isReady ? CALM : ALERT).unref();
        this.#look = () => {
          clearTimeout(timer);
          setTimeout(resolve, ALERT).unref();
        };
      });
    }
  }

  #take(ranges: readonly SlotRange[]): void {
    const isNews = this.#isStale || JSON.stringify(ranges) !== JSON.stringify(this.#ranges);
    if (this.#isClosed || !isNews || !isComplete(ranges)) return;
    this.#handler.ready(false);
    void this.#leave();
    this.#ranges = ranges;
    this.#isStale = false;
    for (const { master } of ranges) if (!this.#shards.has(keyOf(master))) this.#join(master);
  }

  #join(master: Address): void {
    const connection = this.#fleet.connect(master, this.#sharded, {
      message: (channel, message) => {
        if (this.#shards.get(keyOf(master)) === shard) this.#handler.message(channel, message);
      },
      ready: (ready) => {
        shard.ready = ready;
        if (this.#shards.get(keyOf(master)) === shard) this.#tell();
      },
    });
    const shard: Shard = { connection, ready: false };
    this.#shards.set(keyOf(master), shard);
  }

  async #leave(): Promise<void> {
    const shards = [...this.#shards.values()];
    this.#shards.clear();
    await Promise.allSettled(shards.map(async ({ connection }) => connection.close()));
  }
}

function keyOf({ host, port }: Address): string {
  return `${host}:${port}`;
}
