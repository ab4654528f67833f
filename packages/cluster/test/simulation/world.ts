/** Time and chance of a simulation: what happens next, in which process, all from one seed. */
import type { Clock, Timer } from "@sockeye/core";
import { Chance } from "@sockeye/core/testing";

interface Task {
  readonly at: number;
  /** Breaks ties. */
  readonly number: number;
  readonly process: Process | undefined;
  readonly isTimer: boolean;
  run: (() => void) | undefined;
}

/** Runs tasks in the order of their times, each to its end before the next. */
export class World {
  readonly chance: Chance;
  readonly #heap: Task[] = [];
  #now = 0;
  #count = 0;
  /** How many tasks have run. */
  steps = 0;

  constructor(seed: number) {
    this.chance = new Chance(seed);
  }

  get now(): number {
    return this.#now;
  }

  later(delay: number, process: Process | undefined, run: () => void, isTimer = false): Task {
    const task = { at: this.#now + Math.max(0, delay), number: this.#count++, process, isTimer, run };
    this.#push(task);
    return task;
  }

  /** Lets time pass. */
  async pass(duration: number): Promise<void> {
    const end = this.#now + duration;
    for (let task = this.#heap[0]; task && task.at <= end; task = this.#heap[0]) {
      this.#pop();
      this.#now = Math.max(this.#now, task.at);
      if (!task.run) continue;
      if (task.process) task.process.take(task);
      else perform(task);
      this.steps++;
      await settled();
    }
    this.#now = end;
  }

  #push(task: Task): void {
    const heap = this.#heap;
    let index = heap.push(task) - 1;
    for (
      let above = (index - 1) >> 1;
      index > 0 && isBefore(task, heap[above] as Task);
      above = (index - 1) >> 1
    ) {
      heap[index] = heap[above] as Task;
      index = above;
    }
    heap[index] = task;
  }

  #pop(): void {
    const heap = this.#heap;
    const last = heap.pop() as Task;
    if (heap.length === 0) return;
    let index = 0;
    for (;;) {
      let below = index * 2 + 1;
      if (below >= heap.length) break;
      if (below + 1 < heap.length && isBefore(heap[below + 1] as Task, heap[below] as Task)) below++;
      if (isBefore(last, heap[below] as Task)) break;
      heap[index] = heap[below] as Task;
      index = below;
    }
    heap[index] = last;
  }
}

function isBefore(one: Task, other: Task): boolean {
  return one.at < other.at || (one.at === other.at && one.number < other.number);
}

/** Once, and not at all when it is a timer that has been cleared. */
function perform(task: Task): void {
  const { run } = task;
  task.run = undefined;
  run?.();
}

/** What a task has set off takes a few turns of the event loop, and no time. */
async function settled(): Promise<void> {
  for (let turn = 0; turn < 4; turn++) await new Promise((resolve) => setImmediate(resolve));
}

/** A process that can be suspended and killed, and its clock. */
export class Process implements Clock {
  readonly #world: World;
  #state: "running" | "suspended" | "dead" = "running";
  #due: Task[] = [];

  constructor(world: World) {
    this.#world = world;
  }

  get isRunning(): boolean {
    return this.#state === "running";
  }

  get isDead(): boolean {
    return this.#state === "dead";
  }

  now(): number {
    return this.#world.now;
  }

  setTimeout(run: () => void, delay: number): Timer {
    return this.#world.later(delay, this, run, true);
  }

  clearTimeout(timer: Timer): void {
    if (timer) (timer as Task).run = undefined;
  }

  take(task: Task): void {
    if (this.#state === "running") perform(task);
    else if (this.#state === "suspended") this.#due.push(task);
  }

  suspend(): void {
    if (this.#state === "running") this.#state = "suspended";
  }

  /** What fell due meanwhile happens one by one: timers before all else, or after. */
  resume(): void {
    if (this.#state !== "suspended") return;
    this.#state = "running";
    const timersFirst = this.#world.chance.is(0.5);
    const due = this.#due.splice(0);
    const timers = due.filter(({ isTimer }) => isTimer);
    const others = due.filter(({ isTimer }) => !isTimer);
    for (const task of timersFirst ? [...timers, ...others] : [...others, ...timers]) {
      this.#world.later(0, this, () => perform(task), task.isTimer);
    }
  }

  kill(): void {
    this.#state = "dead";
    this.#due = [];
  }
}
