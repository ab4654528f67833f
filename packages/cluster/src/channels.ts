/** The channels of a bus: who listens to each of them, and since when its messages arrive. */
import type { Undo } from "./bus.ts";

type Listener<Message> = (message: Message) => void;

/** A channel from its first listener to its last. */
export class Channel<Message> {
  readonly name: string;
  readonly listeners: Set<Listener<Message>> = new Set();
  /** Settled when messages arrive for the first time, or never will. */
  readonly made: Promise<void>;
  #confirmed = false;
  #resolve = (): void => {};
  #reject = (_error: unknown): void => {};

  constructor(name: string) {
    this.name = name;
    this.made = new Promise((resolve, reject) => {
      [this.#resolve, this.#reject] = [resolve, reject];
    });
  }

  /** Whether messages have arrived, although they may be interrupted now. */
  get confirmed(): boolean {
    return this.#confirmed;
  }

  /** Messages arrive from now on. */
  confirm(): void {
    this.#confirmed = true;
    this.#resolve();
  }

  /** It could not be subscribed: tells those who wait for it. */
  fail(error: unknown): void {
    this.#reject(error);
  }
}

/** The bus as its channels see it. */
export interface ChannelsHome<Message> {
  /** It has its first listener: it is to be subscribed, and then confirmed or dropped. */
  opened(channel: Channel<Message>): void;
  /** It has lost its last listener. */
  closed(channel: Channel<Message>): void;
}

/** Keeps one subscription for all listeners of a channel, for those who write a bus. */
export class Channels<Message> {
  readonly #home: ChannelsHome<Message>;
  readonly #channels = new Map<string, Channel<Message>>();

  constructor(home: ChannelsHome<Message>) {
    this.#home = home;
  }

  /** Resolves when messages arrive, and rejects when the channel is dropped before. */
  async listen(name: string, listener: Listener<Message>): Promise<Undo> {
    const channel = this.#channels.get(name) ?? this.#open(name);
    channel.listeners.add(listener);
    await channel.made;
    return () => {
      channel.listeners.delete(listener);
      if (channel.listeners.size > 0 || !this.has(channel)) return;
      this.#channels.delete(name);
      this.#home.closed(channel);
    };
  }

  /** Hands a message to those who listen. */
  deliver(name: string, message: Message): void {
    for (const listener of [...(this.#channels.get(name)?.listeners ?? [])]) listener(message);
  }

  /** Whether anybody still listens to this channel, and not to a later one of the same name. */
  has(channel: Channel<Message>): boolean {
    return this.#channels.get(channel.name) === channel;
  }

  get(name: string): Channel<Message> | undefined {
    return this.#channels.get(name);
  }

  /** All channels, as of now. */
  all(): Array<Channel<Message>> {
    return [...this.#channels.values()];
  }

  /** Gives up a channel that could not be subscribed; whoever listens next begins anew. */
  drop(channel: Channel<Message>, error: unknown): void {
    if (this.has(channel)) this.#channels.delete(channel.name);
    channel.fail(error);
  }

  clear(): void {
    this.#channels.clear();
  }

  #open(name: string): Channel<Message> {
    const channel = new Channel<Message>(name);
    this.#channels.set(name, channel);
    this.#home.opened(channel);
    return channel;
  }
}
