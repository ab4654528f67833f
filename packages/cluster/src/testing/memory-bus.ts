/** A bus in this process, for tests and for servers that share one. */
import { type Bus, type BusState, notSent, type Undo } from "../bus.ts";

type Listener = (message: Uint8Array) => void;

/** What the buses of one test have in common: the cable between them. */
export class MemoryHub {
  readonly buses: Set<MemoryBus> = new Set();
  readonly roomTopics: number;
  /** How many messages were published, by topic. */
  readonly traffic: Map<string, number> = new Map();

  constructor(roomTopics = 65_536) {
    this.roomTopics = roomTopics;
  }

  /** One more connection. */
  connect(): MemoryBus {
    const bus = new MemoryBus(this);
    this.buses.add(bus);
    return bus;
  }
}

/** One process's connection; it can be cut and mended. */
export class MemoryBus implements Bus {
  readonly roomTopics: number;
  /** How many messages have arrived here. */
  delivered = 0;
  /** How many bytes were published here. */
  carried = 0;
  readonly #hub: MemoryHub;
  readonly #listeners = new Map<string, Set<Listener>>();
  readonly #observers = new Set<(state: BusState) => void>();
  #waiting: Array<() => void> = [];
  #state: BusState = "up";

  constructor(hub: MemoryHub) {
    this.#hub = hub;
    this.roomTopics = hub.roomTopics;
  }

  get topics(): Iterable<string> {
    return this.#listeners.keys();
  }

  async publish(topic: string, message: Uint8Array): Promise<void> {
    this.mustBeUp();
    this.#hub.traffic.set(topic, (this.#hub.traffic.get(topic) ?? 0) + 1);
    this.carried += message.byteLength;
    const copy = Uint8Array.from(message);
    setImmediate(() => {
      for (const bus of this.#hub.buses) bus.#deliver(topic, copy);
    });
  }

  async subscribe(topic: string, listener: Listener): Promise<Undo> {
    await this.whenUp();
    const listeners = this.#listeners.get(topic) ?? new Set();
    this.#listeners.set(topic, listeners.add(listener));
    return () => {
      listeners.delete(listener);
      if (listeners.size === 0 && this.#listeners.get(topic) === listeners) this.#listeners.delete(topic);
    };
  }

  observe(listener: (state: BusState) => void): Undo {
    this.#observers.add(listener);
    if (this.#state === "down") listener("down");
    return () => this.#observers.delete(listener);
  }

  /** Whether anything arrives here: neither cut nor vanished. */
  get connected(): boolean {
    return this.#state === "up" && this.#hub.buses.has(this);
  }

  /** Throws while the connection is cut, as a log and a store over it do. */
  mustBeUp(): void {
    if (this.#state === "down") throw notSent("memory bus: cut");
  }

  /** Waits while the connection is cut. */
  async whenUp(): Promise<void> {
    if (this.#state === "down") await new Promise<void>((resolve) => this.#waiting.push(resolve));
  }

  /** The connection is lost. */
  cut(): void {
    this.#change("down");
  }

  /** The connection is back. */
  mend(): void {
    this.#change("up");
    for (const resolve of this.#waiting.splice(0)) resolve();
  }

  /** The process is gone, without a word. */
  vanish(): void {
    this.#hub.buses.delete(this);
    this.#listeners.clear();
    this.publish = async () => {};
  }

  #change(state: BusState): void {
    this.#state = state;
    for (const observer of this.#observers) observer(state);
  }

  #deliver(topic: string, message: Uint8Array): void {
    const listeners = this.#listeners.get(topic);
    if (this.#state === "down" || !listeners) return;
    this.delivered++;
    for (const listener of listeners) listener(message);
  }
}
