/** A bus between the worker threads of one process. */
import { BroadcastChannel } from "node:worker_threads";
import type { Bus, BusState, Undo } from "./bus.ts";

type Listener = (message: Uint8Array) => void;
type Parcel = [topic: string, message: Uint8Array];

/** Every thread receives everything and drops what it does not listen to, so that topics cost next to nothing. */
const ROOM_TOPICS = 65_536;

/**
 * A bus over a BroadcastChannel, for servers in worker threads: `cluster(threads())` in each of them.
 * @param name of the channel; threads that use the same one are one cluster ("sockeye")
 */
export function threads(name = "sockeye"): ThreadBus {
  return new ThreadBus(name);
}

export class ThreadBus implements Bus {
  readonly roomTopics: number = ROOM_TOPICS;
  readonly #channel: BroadcastChannel;
  readonly #listeners = new Map<string, Set<Listener>>();
  readonly #observers = new Set<(state: BusState) => void>();
  #closed = false;

  constructor(name: string) {
    this.#channel = new BroadcastChannel(name);
    this.#channel.onmessage = (event) => this.#deliver((event as { data: Parcel }).data);
    // A bus alone is no reason for a thread to live on.
    this.#channel.unref();
  }

  async publish(topic: string, message: Uint8Array): Promise<void> {
    if (this.#closed) throw new Error("thread bus: closed");
    this.#channel.postMessage([topic, message] satisfies Parcel);
  }

  async subscribe(topic: string, listener: Listener): Promise<Undo> {
    const listeners = this.#listeners.get(topic) ?? new Set();
    this.#listeners.set(topic, listeners.add(listener));
    return () => {
      listeners.delete(listener);
      if (listeners.size === 0 && this.#listeners.get(topic) === listeners) this.#listeners.delete(topic);
    };
  }

  /** Threads cannot be cut off from each other: the bus is up until it is closed. */
  observe(listener: (state: BusState) => void): Undo {
    this.#observers.add(listener);
    if (this.#closed) listener("down");
    return () => this.#observers.delete(listener);
  }

  /** Ends this thread's part in it. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#channel.close();
    for (const observer of [...this.#observers]) observer("down");
  }

  #deliver([topic, message]: Parcel): void {
    for (const listener of this.#listeners.get(topic) ?? []) listener(message);
  }
}
