/** What servers say to each other: in order from each to each; what is on its way when the engine stops may be lost. */
import type { Process, World } from "./world.ts";

type Reply = (value: unknown) => void;
type Gathered = (error: unknown, values: unknown[]) => void;

/** A dead server's answers are no longer waited for after this many milliseconds. */
const SILENCE = 4000;

/** Nor anybody's after this many. */
const REQUEST_TIMEOUT = 5000;

interface Member {
  process: Process;
  hear(packet: unknown[]): void;
}

export class Bus {
  readonly #world: World;
  readonly #members: Member[] = [];
  /** When the last message of each pair arrives. */
  readonly #arrivals = new Map<string, number>();
  readonly #held: Array<() => void> = [];

  constructor(world: World) {
    this.#world = world;
  }

  join(member: Member): void {
    this.#members.push(member);
  }

  /** The engine is back: what was kept is sent. */
  resume(): void {
    for (const send of this.#held.splice(0)) send();
  }

  /** To all others; a function at the end gathers their answers. */
  tell(from: Process, packet: unknown[]): void {
    const ack = packet.at(-1);
    const others = this.#members.filter(({ process }) => process !== from && process.alive);
    if (typeof ack !== "function") {
      for (const other of others) this.#deliver(from, other, packet);
      return;
    }
    this.#ask(from, others, packet.slice(0, -1), ack as Gathered);
  }

  #ask(from: Process, others: Member[], packet: unknown[], done: Gathered): void {
    // Without the engine there is nobody to ask.
    if (!this.#world.engineIsUp) {
      this.#world.later(() => from.run(() => done(null, [])), 0);
      return;
    }
    const values: unknown[] = [];
    let missing = others.length;
    let ended = false;
    const end = (error: unknown): void => {
      if (!ended) from.run(() => done(error, values));
      ended = true;
    };
    const one = (): void => {
      if (--missing === 0) end(null);
    };
    for (const other of others) {
      let heard = false;
      const settle = (): void => {
        if (!heard) one();
        heard = true;
      };
      const reply: Reply = (value) => {
        const copy = structuredClone(value);
        this.#send(other.process, from, () => {
          if (!heard) values.push(copy);
          settle();
        });
      };
      this.#deliver(from, other, packet, reply);
      const watch = (): void => {
        if (heard || ended) return;
        if (other.process.alive) this.#world.later(watch, 100);
        else this.#world.later(settle, SILENCE);
      };
      watch();
    }
    if (missing === 0) end(null);
    this.#world.later(() => end(new Error("timeout")), REQUEST_TIMEOUT);
  }

  #deliver(from: Process, { process, hear }: Member, packet: unknown[], reply?: Reply): void {
    const copy = structuredClone(packet);
    this.#send(from, process, () => hear(reply ? [...copy, reply] : copy));
  }

  #send(from: Process, to: Process, task: () => void): void {
    const world = this.#world;
    if (!world.engineIsUp) {
      this.#held.push(() => this.#send(from, to, task));
      return;
    }
    if (!from.alive) return;
    const pair = `${from.name} ${to.name}`;
    const at = Math.max(this.#arrivals.get(pair) ?? 0, world.clock.now() + world.delay());
    this.#arrivals.set(pair, at);
    const { outages } = world;
    world.later(() => {
      if (world.outages === outages || world.chance.is(0.5)) to.run(task);
      else world.note(`a message from ${from.name} to ${to.name} is lost`);
    }, at - world.clock.now());
  }
}
