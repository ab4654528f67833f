/** A log and a store in this process, for tests and for servers that share one. */
import { type Clock, systemClock } from "@sockeye/core";
import type { Undo } from "../bus.ts";
import {
  type DurableBus,
  type Log,
  type LogBatch,
  type LogEntry,
  type LogLimits,
  type LogPage,
  resolveLimits,
} from "../log.ts";
import type { Store } from "../store.ts";
import { type MemoryBus, MemoryHub } from "./memory-bus.ts";

interface Kept extends LogEntry {
  readonly at: number;
  readonly streams: readonly string[];
}

interface HeldRecord {
  owner: string;
  value: Uint8Array;
  until: number;
}

type Listener = (entry: LogEntry) => void;

/** What the logs of one test have in common: the engine that remembers. */
export class MemoryEngine {
  readonly hub: MemoryHub;
  readonly connections: Set<MemoryLog> = new Set();
  readonly records: Map<string, HeldRecord> = new Map();
  /** How many entries all reads have looked at. */
  visited = 0;
  readonly #clock: Clock;
  readonly #limits: Required<LogLimits>;
  readonly #entries: Kept[] = [];
  readonly #streams = new Map<string, Kept[]>();
  readonly #batches = new Map<string, number>();
  #bytes = 0;
  #head = Date.now() * 1000;
  #floor: number = this.#head;

  constructor(limits: LogLimits = {}, clock: Clock = systemClock, hub: MemoryHub = new MemoryHub()) {
    this.#limits = resolveLimits(limits);
    this.#clock = clock;
    this.hub = hub;
  }

  get head(): number {
    return this.#head;
  }

  get now(): number {
    return this.#clock.now();
  }

  /** One more process's connection. */
  connect(): MemoryDurableBus {
    const bus = this.hub.connect();
    const log = new MemoryLog(this, bus);
    this.connections.add(log);
    return { bus, log, store: new MemoryStore(this, bus) };
  }

  append({ sender, number, entries }: LogBatch): void {
    if ((this.#batches.get(sender) ?? 0) >= number) return;
    this.#batches.set(sender, number);
    for (const { streams, message } of entries) this.#add(streams, Uint8Array.from(message));
    this.#trim();
  }

  read(streams: readonly string[], after: number): LogPage {
    this.#trim();
    const found = new Map<number, LogEntry>();
    for (const stream of streams) {
      const kept = this.#streams.get(stream) ?? [];
      for (let index = kept.length - 1; index >= 0; index--) {
        const entry = kept[index] as Kept;
        if (entry.position <= after) break;
        this.visited++;
        found.set(entry.position, entry);
      }
    }
    const entries = [...found.values()].sort((a, b) => a.position - b.position);
    return { entries, complete: after >= this.#floor, head: this.#head };
  }

  #add(streams: readonly string[], message: Uint8Array): void {
    const entry: Kept = { position: ++this.#head, message, at: this.now, streams };
    this.#entries.push(entry);
    this.#bytes += message.byteLength;
    for (const stream of streams) {
      const kept = this.#streams.get(stream) ?? [];
      this.#streams.set(stream, kept);
      kept.push(entry);
    }
    setImmediate(() => {
      for (const connection of this.connections) connection.deliver(entry, streams);
    });
  }

  #trim(): void {
    const { maxAge, maxEntries, maxBytes } = this.#limits;
    for (let oldest = this.#entries[0]; oldest; oldest = this.#entries[0]) {
      const fits = this.#entries.length <= maxEntries && this.#bytes <= maxBytes;
      if (fits && this.now - oldest.at < maxAge) return;
      this.#drop(oldest);
    }
  }

  #drop(entry: Kept): void {
    this.#entries.shift();
    this.#bytes -= entry.message.byteLength;
    this.#floor = entry.position;
    for (const stream of entry.streams) {
      const kept = this.#streams.get(stream);
      kept?.shift();
      if (kept?.length === 0) this.#streams.delete(stream);
    }
  }
}

/** One process's connection to a {@link MemoryEngine}. */
export interface MemoryDurableBus extends DurableBus {
  readonly bus: MemoryBus;
  readonly log: MemoryLog;
}

export class MemoryLog implements Log {
  readonly #engine: MemoryEngine;
  readonly #bus: MemoryBus;
  readonly #listeners = new Map<string, Set<Listener>>();

  constructor(engine: MemoryEngine, bus: MemoryBus) {
    this.#engine = engine;
    this.#bus = bus;
  }

  async append(batch: LogBatch): Promise<void> {
    this.#bus.mustBeUp();
    this.#engine.append(batch);
  }

  async subscribe(stream: string, listener: Listener): Promise<Undo> {
    await this.#bus.whenUp();
    const listeners = this.#listeners.get(stream) ?? new Set();
    this.#listeners.set(stream, listeners.add(listener));
    return () => {
      listeners.delete(listener);
      if (listeners.size === 0 && this.#listeners.get(stream) === listeners) this.#listeners.delete(stream);
    };
  }

  async read(streams: readonly string[], after: number): Promise<LogPage> {
    this.#bus.mustBeUp();
    return this.#engine.read(streams, after);
  }

  async head(): Promise<number> {
    this.#bus.mustBeUp();
    return this.#engine.head;
  }

  /** Takes an entry from the engine. */
  deliver(entry: LogEntry, streams: readonly string[]): void {
    if (!this.#bus.connected) return;
    for (const stream of streams) for (const listener of this.#listeners.get(stream) ?? []) listener(entry);
  }
}

class MemoryStore implements Store {
  readonly #engine: MemoryEngine;
  readonly #bus: MemoryBus;

  constructor(engine: MemoryEngine, bus: MemoryBus) {
    this.#engine = engine;
    this.#bus = bus;
  }

  async hold(key: string, owner: string, value: Uint8Array, ttl: number): Promise<boolean> {
    const held = this.#get(key);
    if (held && held.owner !== owner) return false;
    this.#set(key, owner, value, ttl);
    return true;
  }

  async seize(key: string, owner: string): Promise<Uint8Array | undefined> {
    const held = this.#get(key);
    if (held) held.owner = owner;
    return held?.value;
  }

  async release(key: string, owner: string): Promise<void> {
    if (this.#get(key)?.owner === owner) this.#engine.records.delete(key);
  }

  async add(key: string, value: Uint8Array, ttl: number): Promise<Uint8Array | undefined> {
    const held = this.#get(key);
    if (!held) this.#set(key, "", value, ttl);
    return held?.value;
  }

  #set(key: string, owner: string, value: Uint8Array, ttl: number): void {
    this.#engine.records.set(key, { owner, value: Uint8Array.from(value), until: this.#engine.now + ttl });
  }

  #get(key: string): HeldRecord | undefined {
    this.#bus.mustBeUp();
    const held = this.#engine.records.get(key);
    if (held && held.until > this.#engine.now) return held;
    this.#engine.records.delete(key);
    return undefined;
  }
}
