/** A cluster in which everything takes its time and may fail, by a seed: the same seed, the same history. */
import type { SharedRecords } from "@sockeye/adapter";
import type { Clock } from "@sockeye/core";
import { Chance, FakeClock } from "@sockeye/core/testing";

export class World {
  readonly clock: FakeClock = new FakeClock();
  readonly chance: Chance;
  readonly history: string[] = [];
  engineIsUp = true;
  /** Counts outages: what was under way in one may be lost. */
  outages = 0;

  constructor(seed: number) {
    this.chance = new Chance(seed);
  }

  note(what: string): void {
    this.history.push(`${(this.clock.now() / 1000).toFixed(3)} ${what}`);
  }

  /** Milliseconds that something takes: mostly few, now and then many. */
  delay(): number {
    const { chance } = this;
    const kind = chance.next();
    if (kind < 0.8) return chance.between(0, 5);
    return kind < 0.98 ? chance.between(5, 60) : chance.between(60, 400);
  }

  later(task: () => void, delay: number = this.delay()): void {
    this.clock.setTimeout(task, delay);
  }

  /** Moves time on; what waits for promises gets its turn in between. */
  async pass(milliseconds: number): Promise<void> {
    for (const end = this.clock.now() + milliseconds; this.clock.now() < end; ) {
      this.clock.advance(5);
      for (let turn = 0; turn < 3; turn++) await new Promise((resolve) => setImmediate(resolve));
    }
  }
}

/** A process: stopped for a while, it does all that it has missed when it goes on; killed, it does nothing more. */
export class Process {
  readonly name: string;
  readonly world: World;
  alive = true;
  #suspended: Array<() => void> | undefined;

  constructor(name: string, world: World) {
    this.name = name;
    this.world = world;
  }

  get running(): boolean {
    return this.alive && !this.#suspended;
  }

  run(task: () => void): void {
    if (!this.alive) return;
    if (this.#suspended) this.#suspended.push(task);
    else task();
  }

  kill(): void {
    this.world.note(`${this.name} is killed`);
    this.alive = false;
  }

  suspend(): void {
    this.world.note(`${this.name} is suspended`);
    this.#suspended ??= [];
  }

  resume(): void {
    this.world.note(`${this.name} goes on`);
    const tasks = this.#suspended ?? [];
    this.#suspended = undefined;
    for (const task of tasks) this.run(task);
  }

  get clock(): Clock {
    const { clock } = this.world;
    return {
      now: () => clock.now(),
      setTimeout: (task, ms) => clock.setTimeout(() => this.run(task), ms),
      clearTimeout: (timer) => clock.clearTimeout(timer),
    };
  }
}

interface Held {
  owner: string;
  value: unknown;
  until: number;
}

/** The records of all servers: over a pool of connections, calls do not keep their order. */
export class Engine {
  readonly records: Map<string, Held> = new Map();
  readonly #world: World;
  readonly #written: (value: unknown) => void;

  /** @param written learns of each value that has been kept */
  constructor(world: World, written: (value: unknown) => void) {
    this.#world = world;
    this.#written = written;
  }

  recordsOf(process: Process): SharedRecords {
    const { name: owner } = process;
    return {
      hold: (key, value, ttl) => {
        const copy = structuredClone(value);
        return this.#call(process, () => this.#hold(key, owner, copy, ttl));
      },
      seize: (key) => this.#call(process, () => this.#seize(key, owner)),
      release: (key) => this.#call(process, () => this.#release(key, owner)),
    };
  }

  #find(key: string): Held | undefined {
    const held = this.records.get(key);
    return held && held.until > this.#world.clock.now() ? held : undefined;
  }

  #hold(key: string, owner: string, value: unknown, ttl: number): boolean {
    const held = this.#find(key);
    if (held && held.owner !== owner) return false;
    this.records.set(key, { owner, value, until: this.#world.clock.now() + ttl });
    this.#written(value);
    return true;
  }

  #seize(key: string, owner: string): unknown {
    const held = this.#find(key);
    if (held) held.owner = owner;
    return structuredClone(held?.value);
  }

  #release(key: string, owner: string): void {
    if (this.#find(key)?.owner === owner) this.records.delete(key);
  }

  /** It may fail before or after it was carried out. */
  #call<Value>(process: Process, task: () => Value): Promise<Value> {
    const world = this.#world;
    return new Promise((resolve, reject) => {
      const fail = (): void => world.later(() => process.run(() => reject(new Error("engine away"))), 1);
      if (!world.engineIsUp) return fail();
      const { outages } = world;
      world.later(() => {
        if (!world.engineIsUp || world.outages !== outages) return fail();
        const value = task();
        world.later(() => {
          if (world.outages === outages) process.run(() => resolve(value));
          else fail();
        });
      });
    });
  }
}
