/** LISTEN and NOTIFY as a bus: what is published now reaches who listens now. */
import {
  type Bus,
  type BusState,
  BusStatus,
  type Channel,
  Channels,
  notSent,
  type Undo,
} from "@sockeye/cluster";
import { channelOf } from "./channels.ts";
import type { Connection, ConnectionHandler } from "./connection.ts";
import { Cutter, Joiner } from "./payload.ts";

type Listener = (message: Uint8Array) => void;

/** Text of a notification; undefined when the connection was lost, and with it what had only begun. */
type Payload = string | undefined;

interface Parcel {
  channel: string;
  payloads: string[];
  sent(): void;
  refused(error: unknown): void;
}

/**
 * A server looks for a channel among those of a connection one by one, and a connection makes them all anew after
 * an interruption; many more would cost more than the messages that they spare.
 */
const ROOM_TOPICS = 1_024;

/** Payloads that go with one transaction, unless a single message has more. */
const MAX_BATCH = 64;

/** A bus over LISTEN and NOTIFY. Made by `postgres()`. */
export class PostgresBus implements Bus {
  readonly roomTopics: number = ROOM_TOPICS;
  readonly #connection: Connection;
  readonly #cutter = new Cutter();
  readonly #status = new BusStatus();
  readonly #channels = new Channels<Payload>({
    opened: (channel) => {
      this.#opening.add(channel);
      this.#leaving.delete(channel.name);
      this.#soon();
    },
    closed: (channel) => {
      this.#opening.delete(channel);
      this.#leaving.add(channel.name);
      this.#soon();
    },
  });
  #parcels: Parcel[] = [];
  #sending: Promise<void> | undefined;
  /** Channels to listen to, and to leave, with the next statement of this turn. */
  #opening = new Set<Channel<Payload>>();
  readonly #leaving = new Set<string>();
  #turn: Promise<void> | undefined;
  #ready = false;

  /** @param connect makes the connection; it starts disconnected */
  constructor(connect: (handler: ConnectionHandler) => Connection) {
    this.#connection = connect({
      notification: (name, payload) => this.#channels.deliver(name, payload),
      ready: (ready) => void this.#onReady(ready),
    });
  }

  get state(): BusState {
    return this.#status.state;
  }

  /** Resolves when the transaction that carries the message is committed. */
  publish(topic: string, message: Uint8Array): Promise<void> {
    if (this.state === "down") return Promise.reject(notConnected());
    const payloads = this.#cutter.cut(message);
    return new Promise((sent, refused) => {
      this.#parcels.push({ channel: channelOf(topic), payloads, sent, refused });
      this.#sending ??= this.#send();
    });
  }

  subscribe(topic: string, listener: Listener): Promise<Undo> {
    const joiner = new Joiner();
    return this.listen(channelOf(topic), (payload) => {
      const message = joiner.add(payload);
      if (message) listener(message);
    });
  }

  /** Payloads of a channel as they come. */
  listen(name: string, listener: (payload: Payload) => void): Promise<Undo> {
    return this.#channels.listen(name, listener);
  }

  observe(listener: (state: BusState) => void): Undo {
    return this.#status.observe(listener);
  }

  /** Ends its connection when all is sent, after the servers that use the bus have been closed. */
  async close(): Promise<void> {
    this.#channels.clear();
    await this.#sending;
    await this.#connection.close();
  }

  // One transaction at a time keeps the order; what is published meanwhile shares the next.
  async #send(): Promise<void> {
    while (this.#parcels.length > 0) {
      const batch = this.#batch();
      const channels = batch.flatMap(({ channel, payloads }) => payloads.map(() => channel));
      try {
        await this.#connection.notify(
          channels,
          batch.flatMap(({ payloads }) => payloads),
        );
        for (const parcel of batch) parcel.sent();
      } catch (error) {
        for (const parcel of batch) parcel.refused(error);
      }
    }
    this.#sending = undefined;
  }

  #batch(): Parcel[] {
    let count = 0;
    let payloads = 0;
    for (const parcel of this.#parcels) {
      payloads += parcel.payloads.length;
      if (count > 0 && payloads > MAX_BATCH) break;
      count++;
    }
    return this.#parcels.splice(0, count);
  }

  /** All that is subscribed and undone in one turn makes one statement each. */
  #soon(): void {
    this.#turn ??= new Promise((resolve) => setImmediate(resolve)).then(async () => {
      this.#turn = undefined;
      if (this.#ready) await this.#renew();
    });
  }

  async #renew(): Promise<void> {
    const opening = [...this.#opening];
    const leaving = [...this.#leaving];
    this.#opening = new Set();
    this.#leaving.clear();
    // Nothing is lost when this fails: the next connection listens to what there are listeners for.
    if (leaving.length > 0) this.#connection.unlisten(leaving).catch(() => {});
    if (opening.length === 0) return;
    try {
      await this.#connection.listen(opening.map(({ name }) => name));
      for (const channel of opening) channel.confirm();
    } catch (error) {
      // When the connection is lost, the next one makes all subscriptions again.
      if (this.#ready) for (const channel of opening) this.#channels.drop(channel, error);
    }
  }

  async #onReady(ready: boolean): Promise<void> {
    if (ready === this.#ready) return;
    this.#ready = ready;
    if (!ready) return this.#onLost();
    this.#leaving.clear();
    for (const channel of this.#channels.all()) this.#opening.add(channel);
    await this.#renew();
    if (this.#ready) this.#status.change("up");
  }

  #onLost(): void {
    for (const { name } of this.#channels.all()) this.#channels.deliver(name, undefined);
    for (const parcel of this.#parcels.splice(0)) parcel.refused(notConnected());
    this.#status.change("down");
  }
}

function notConnected(): Error {
  return notSent("postgres bus: not connected");
}
