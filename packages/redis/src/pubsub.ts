/** Redis pub/sub as a bus: what is published now reaches who listens now. */
import {
  type Bus,
  type BusState,
  BusStatus,
  type Channel,
  Channels,
  notSent,
  type Undo,
} from "@sockeye/cluster";
import type { Connection, ConnectionHandler } from "./connection.ts";

type Listener = (message: Uint8Array) => void;

type Listening = Channel<Uint8Array>;

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
  readonly #channels: Channels<Uint8Array>;
  readonly #status = new BusStatus();
  #ready = false;
  /** How many connections there have been, this one included. */
  #connections = 0;

  /** @param connect makes the connection; it starts disconnected */
  constructor(connect: (handler: ConnectionHandler) => Connection) {
    this.#channels = new Channels({
      opened: (channel) => {
        if (this.#ready) void this.#make(channel, this.#connections);
      },
      closed: ({ name }) => {
        // Without a connection there is no subscription, and with it the next message would find no listener.
        if (this.#ready) this.#connection.unsubscribe(name).catch(() => {});
      },
    });
    this.#connection = connect({
      message: (name, message) => this.#channels.deliver(name, message),
      ready: (ready) => void this.#onReady(ready),
    });
  }

  get state(): BusState {
    return this.#status.state;
  }

  publish(topic: string, message: Uint8Array): Promise<void> {
    if (this.state === "down") return Promise.reject(notSent("redis bus: not connected"));
    const bytes = Buffer.from(message.buffer, message.byteOffset, message.byteLength);
    return this.#connection.publish(topic, bytes) as Promise<void>;
  }

  subscribe(topic: string, listener: Listener): Promise<Undo> {
    return this.#channels.listen(topic, listener);
  }

  observe(listener: (state: BusState) => void): Undo {
    return this.#status.observe(listener);
  }

  /** Ends both connections, after the servers that use the bus have been closed. */
  async close(): Promise<void> {
    this.#channels.clear();
    await this.#connection.close();
  }

  /** Subscribes, again until it is done: an error may be the first sign that the connection is lost. */
  async #make(channel: Listening, connection: number): Promise<void> {
    for (let attempt = 1; this.#isWanted(channel, connection); attempt++) {
      try {
        await this.#connection.subscribe(channel.name);
        if (connection === this.#connections) channel.confirm();
        return;
      } catch (error) {
        if (attempt === ATTEMPTS && !channel.confirmed && this.#isWanted(channel, connection)) {
          return this.#channels.drop(channel, error);
        }
        await new Promise((resolve) => setTimeout(resolve, PAUSE).unref());
      }
    }
  }

  /** Whether the channel is still to be made, on this connection: the next one makes all subscriptions again. */
  #isWanted(channel: Listening, connection: number): boolean {
    return this.#ready && connection === this.#connections && this.#channels.has(channel);
  }

  async #onReady(ready: boolean): Promise<void> {
    if (ready === this.#ready) return;
    this.#ready = ready;
    if (!ready) return this.#status.change("down");
    const connection = ++this.#connections;
    await Promise.all(this.#channels.all().map((channel) => this.#make(channel, connection)));
    if (this.#ready && connection === this.#connections) this.#status.change("up");
  }
}
