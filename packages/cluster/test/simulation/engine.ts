/** The engine of a simulated cluster: it keeps its contract, and does all the harm that this allows. */
import {
  type Bus,
  type BusState,
  type DurableBus,
  type Log,
  notSent,
  type Store,
  type Undo,
} from "@sockeye/cluster";
import { type MemoryDurableBus, MemoryEngine } from "@sockeye/cluster/testing";
import type { LogLimits } from "../../src/log.ts";
import { Process, type World } from "./world.ts";

/** What the engine is like; may change at any time. */
export interface Weather {
  /** Milliseconds from here to there: the least and the most. */
  latency: [number, number];
  /** How many of the calls fail, carried out or not. */
  failures: number;
}

/** Who is told what the engine has carried out. */
export interface EngineWatch {
  appended(message: Uint8Array): void;
  /** A session was written down, by this connection. */
  held(pid: string, value: Uint8Array, by: Line): void;
  released(pid: string): void;
}

export class Engine {
  readonly world: World;
  readonly memory: MemoryEngine;
  readonly watch: EngineWatch;
  weather: Weather = { latency: [0.2, 5], failures: 0 };

  constructor(world: World, limits: LogLimits, watch: EngineWatch) {
    this.world = world;
    this.memory = new MemoryEngine(limits, new Process(world));
    this.watch = watch;
  }

  connect(process: Process): Line {
    return new Line(this, process);
  }

  /** Whether the log has all entries after this position. */
  reaches(position: number): boolean {
    return this.memory.read([], position).complete;
  }
}

/** One server's connection to the engine. */
export class Line implements DurableBus {
  readonly bus: Bus;
  readonly log: Log;
  readonly store: Store;
  /** When something was last wrong here; infinite while it is. */
  troubled = Number.NEGATIVE_INFINITY;
  readonly #engine: Engine;
  readonly #world: World;
  readonly #process: Process;
  readonly #inner: MemoryDurableBus;
  readonly #observers = new Set<(state: BusState) => void>();
  readonly #calls = new Set<(error: Error) => void>();
  #state: BusState = "up";
  #waiting: Array<() => void> = [];
  /** Whether nothing gets through; the server may not know. */
  #severed = false;
  /** How often that has happened: what was under way then is lost. */
  #severances = 0;
  #latestPush = 0;

  constructor(engine: Engine, process: Process) {
    this.#engine = engine;
    this.#world = engine.world;
    this.#process = process;
    this.#inner = engine.memory.connect();
    this.bus = this.#makeBus();
    this.log = this.#makeLog();
    this.store = this.#makeStore();
  }

  /** Cuts the connection, which the server notices after a while; it is back `duration` milliseconds later. */
  sever(unnoticed: number, duration: number): void {
    if (this.troubled === Number.POSITIVE_INFINITY) return;
    this.troubled = Number.POSITIVE_INFINITY;
    this.#severed = true;
    this.#severances++;
    this.#world.later(unnoticed, this.#process, () => this.#report("down"));
    this.#world.later(unnoticed + duration, undefined, () => {
      this.#severed = false;
      this.#world.later(this.#delay, this.#process, () => this.#report("up"));
    });
  }

  /** The process is gone. */
  vanish(): void {
    this.#inner.bus.vanish();
    this.#engine.memory.connections.delete(this.#inner.log);
  }

  get #delay(): number {
    return this.#world.chance.skewed(...this.#engine.weather.latency);
  }

  #report(state: BusState): void {
    this.#state = state;
    const lost = state === "down" ? [...this.#calls] : [];
    const early = lost.filter(() => this.#world.chance.is(0.5));
    for (const fail of early) fail(new Error("engine: connection lost"));
    for (const observer of this.#observers) observer(state);
    for (const fail of lost) fail(new Error("engine: connection lost"));
    if (state === "down") return;
    this.troubled = this.#world.now;
    for (const wake of this.#waiting.splice(0)) wake();
  }

  async #whenUp(): Promise<void> {
    if (this.#state === "down") await new Promise<void>((resolve) => this.#waiting.push(resolve));
  }

  /** Asks the engine for something, which may fail on the way there and back. */
  #call<Value>(carryOut: () => Promise<Value>): Promise<Value> {
    if (this.#state === "down") return Promise.reject(notSent("engine: away"));
    return new Promise((resolve, reject) => {
      const fail = (error: Error): void => {
        if (!this.#calls.delete(fail)) return;
        this.troubled = Math.max(this.troubled, this.#world.now);
        reject(error);
      };
      this.#calls.add(fail);
      const fails = (): boolean => this.#world.chance.is(this.#engine.weather.failures / 2);
      this.#travel(undefined, () => {
        if (this.#process.isDead) return;
        if (fails()) this.#travel(this.#process, () => fail(notSent("engine: refused")));
        else {
          void carryOut().then(
            (value) =>
              this.#travel(this.#process, () => {
                if (fails()) fail(new Error("engine: answer lost"));
                else if (this.#calls.delete(fail)) resolve(value);
              }),
            (error) => this.#travel(this.#process, () => fail(error)),
          );
        }
      });
    });
  }

  #travel(process: Process | undefined, arrive: () => void): void {
    const severances = this.#severances;
    if (this.#severed) return;
    this.#world.later(this.#delay, process, () => {
      if (severances === this.#severances) arrive();
    });
  }

  /** What the engine tells of its own accord comes in order. */
  #push(arrive: () => void): void {
    if (this.#severed) return;
    const severances = this.#severances;
    const at = Math.max(this.#latestPush, this.#world.now + this.#delay);
    this.#latestPush = at;
    this.#world.later(at - this.#world.now, this.#process, () => {
      if (severances === this.#severances) arrive();
    });
  }

  async #subscribe<Value>(
    make: (heard: (value: Value) => void) => Promise<Undo>,
    listener: (value: Value) => void,
  ): Promise<Undo> {
    let undo: Undo | undefined;
    let undone = false;
    const heard = (value: Value): void =>
      this.#push(() => {
        if (!undone) listener(value);
      });
    const isMade = (): Promise<boolean> =>
      this.#call(async () => {
        undo ??= await make(heard);
      }).then(
        () => true,
        () => false,
      );
    do await this.#whenUp();
    while (!(await isMade()));
    return () => {
      undone = true;
      undo?.();
    };
  }

  #makeBus(): Bus {
    const { bus } = this.#inner;
    return {
      roomTopics: bus.roomTopics,
      publish: (topic, message) => this.#call(() => bus.publish(topic, message)),
      subscribe: (topic, listener) => this.#subscribe((heard) => bus.subscribe(topic, heard), listener),
      observe: (listener) => {
        this.#observers.add(listener);
        if (this.#state === "down") listener("down");
        return () => this.#observers.delete(listener);
      },
    };
  }

  #makeLog(): Log {
    const { log } = this.#inner;
    return {
      // An engine may take a part of a batch, and the rest when it is given again.
      append: ({ sender, number, entries }) =>
        this.#call(async () => {
          const taken = this.#world.chance.is(this.#engine.weather.failures)
            ? Math.floor(this.#world.chance.between(0, entries.length))
            : entries.length;
          for (const [index, entry] of entries.slice(0, taken).entries()) {
            const before = this.#engine.memory.head;
            await log.append({ sender, number: number * 1_000 + index, entries: [entry] });
            if (this.#engine.memory.head > before) this.#engine.watch.appended(entry.message);
          }
          if (taken < entries.length) throw new Error("engine: took a part of it");
        }),
      subscribe: (stream, listener) => this.#subscribe((heard) => log.subscribe(stream, heard), listener),
      read: (streams, after) => this.#call(() => log.read(streams, after)),
      head: () => this.#call(() => log.head()),
    };
  }

  #makeStore(): Store {
    const { store } = this.#inner;
    const { watch } = this.#engine;
    return {
      hold: (key, owner, value, ttl) =>
        this.#call(async () => {
          const held = await store.hold(key, owner, value, ttl);
          if (held) watch.held(pidOf(key), value, this);
          return held;
        }),
      seize: (key, owner) => this.#call(() => store.seize(key, owner)),
      release: (key, owner) =>
        this.#call(async () => {
          const had = this.#engine.memory.records.has(key);
          await store.release(key, owner);
          if (had && !this.#engine.memory.records.has(key)) watch.released(pidOf(key));
        }),
      add: (key, value, ttl) => this.#call(() => store.add(key, value, ttl)),
    };
  }
}

function pidOf(key: string): string {
  return key.slice(key.lastIndexOf(".") + 1);
}
