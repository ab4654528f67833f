/** A clock that stands still until the test turns its hands. */
import type { TimeSource } from "../src/index.ts";

interface Alarm {
  readonly at: number;
  readonly task: () => void;
}

export class StillClock implements TimeSource {
  readonly #alarms = new Set<Alarm>();
  #now = 0;

  setTimeout(task: () => void, ms: number): unknown {
    const alarm = { at: this.#now + ms, task };
    this.#alarms.add(alarm);
    return alarm;
  }

  clearTimeout(timer: unknown): void {
    this.#alarms.delete(timer as Alarm);
  }

  /** How many timers are set. */
  get pending(): number {
    return this.#alarms.size;
  }

  advance(ms: number): void {
    this.#now += ms;
    for (const alarm of this.#alarms) {
      if (alarm.at > this.#now) continue;
      this.#alarms.delete(alarm);
      alarm.task();
    }
  }
}
