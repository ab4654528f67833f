/** Redis pub/sub as a bus: what is published now reaches who listens now. */
import { type Bus, type BusState, notSent, type Undo } from "@sockeye/cluster";
import type { Connection, ConnectionHandler } from "./connection.ts";

type Listener = (message: Uint8Array) => void;

interface Channel {
  readonly name: string;
  readonly listeners: Set<Listener>;
  /** Settled when messages arrive for the first time. */
  readonly made: Promise<void>;
  /** Whether it has been subscribed before: then it is worth every attempt. */
  confirmed: boolean;
  confirm(): void;
  fail(error: unknown): void;
}

/** As many as Redis keeps channels cheaply: practically one per room. */
const ROOM_TOPICS = 2 ** 20;

/** So often a new channel is refused, by a connection that is not lost, before whoever wanted it is told. */
const ATTEMPTS = 3;

/** Milliseconds between attempts. */
const PAUSE = 100;

/** A bus over Redis pub/sub. Its two connections are its own; the client that it was made from stays untouched. */
export class RedisBus implements Bus {
  readonly roomTopics: number = ROOM_TOPICS;
  readonly #connection: Connection;
  readonly #channels = new Map<string, Channel>();
  readonly #observers = new Set<(state: BusState) => void>();
  #ready = false;
  /** How many connections there have been, this one included. */
  #connections = 0;
  #state: BusState = "down";

  /** @param connect makes the connection; it starts disconnected */
  constructor(connect: (handler: ConnectionHandler) => Connection) {
    this.#connection = connect({
      message: (name, message) => this.#deliver(name, message),
      ready: (ready) => void this.#onReady(ready),
    });
  }

  get state(): BusState {
    return this.#state;
  }

  publish(topic: string, message: Uint8Array): Promise<void> {
    if (this.#state === "down") return Promise.reject(notSent("redis bus: not connected"));
    const bytes = Buffer.from(message.buffer, message.byteOffset, message.byteLength);
    return this.#connection.publish(topic, bytes) as Promise<void>;
  }

  async subscribe(topic: string, listener: Listener): Promise<Undo> {
    const channel = this.#channels.get(topic) ?? this.#open(topic);
    channel.listeners.add(listener);
    await channel.made;
    return () => {
      channel.listeners.delete(listener);
      if (channel.listeners.size === 0 && this.#channels.get(topic) === channel) this.#shut(channel);
    };
  }

  observe(listener: (state: BusState) => void): Undo {
    this.#observers.add(listener);
    if (this.#state === "down") listener("down");
    return () => this.#observers.delete(listener);
  }

  /** Ends both connections, after the servers that use the bus have been closed. */
  async close(): Promise<void> {
    this.#channels.clear();
    await this.#connection.close();
  }

  #open(name: string): Channel {
    const { promise, resolve, reject } = deferred();
    const listeners = new Set<Listener>();
    const channel = { name, listeners, made: promise, confirmed: false, confirm: resolve, fail: reject };
    this.#channels.set(name, channel);
    if (this.#ready) void this.#make(channel, this.#connections);
    return channel;
  }

  #shut(channel: Channel): void {
    this.#channels.delete(channel.name);
    // Without a connection there is no subscription, and with it the next message would find no listener.
    if (this.#ready) this.#connection.unsubscribe(channel.name).catch(() => {});
  }

  /** Subscribes, again until it is done: an error may be the first sign that the connection is lost. */
  async #make(channel: Channel, connection: number): Promise<void> {
    for (let attempt = 1; this.#isWanted(channel, connection); attempt++) {
      try {
        await this.#connection.subscribe(channel.name);
        if (connection === this.#connections) this.#confirm(channel);
        return;
      } catch (error) {
        if (attempt === ATTEMPTS && !channel.confirmed && this.#isWanted(channel, connection)) {
          this.#channels.delete(channel.name);
          channel.fail(error);
        }
        await new Promise((resolve) => setTimeout(resolve, PAUSE).unref());
      }
    }
  }

  #confirm(channel: Channel): void {
    channel.confirmed = true;
    channel.confirm();
  }

  /** Whether the channel is still to be made, on this connection: the next one makes all subscriptions again. */
  #isWanted(channel: Channel, connection: number): boolean {
    return this.#ready && connection === this.#connections && this.#channels.get(channel.name) === channel;
  }

  async #onReady(ready: boolean): Promise<void> {
    if (ready === this.#ready) return;
    this.#ready = ready;
    if (!ready) return this.#change("down");
    const connection = ++this.#connections;
    await Promise.all(Array.from(this.#channels.values(), (channel) => this.#make(channel, connection)));
    if (this.#ready && connection === this.#connections) this.#change("up");
  }

  #change(state: BusState): void {
    if (state === this.#state) return;
    this.#state = state;
    for (const observer of [...this.#observers]) observer(state);
  }

  #deliver(name: string, message: Buffer): void {
    for (const listener of this.#channels.get(name)?.listeners ?? []) listener(message);
  }
}

function deferred(): { promise: Promise<void>; resolve: () => void; reject: (error: unknown) => void } {
  let resolve = (): void => {};
  let reject = (_error: unknown): void => {};
  const promise = new Promise<void>((resolved, rejected) => {
    [resolve, reject] = [resolved, rejected];
  });
  return { promise, resolve, reject };
}
