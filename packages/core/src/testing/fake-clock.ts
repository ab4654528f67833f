/** A clock whose hands the test turns. */
import type { Clock, Timer } from "../clock.ts";

interface Alarm {
  at: number;
  task: () => void;
}

/** A {@link Clock} that stands still until `advance` is called. */
export class FakeClock implements Clock {
  #now = 0;
  readonly #alarms = new Set<Alarm>();

  now(): number {
    return this.#now;
  }

  setTimeout(task: () => void, ms: number): Timer {
    const alarm = { at: this.#now + Math.max(0, ms), task };
    this.#alarms.add(alarm);
    return alarm;
  }

  clearTimeout(timer: Timer): void {
    this.#alarms.delete(timer as Alarm);
  }

  /** How many timers are set: a test of leaks asks for zero. */
  get pending(): number {
    return this.#alarms.size;
  }

  /** Moves time on by `ms` and runs what falls due, in order, each at its own moment. */
  advance(ms: number): void {
    const end = this.#now + ms;
    for (let alarm = this.#nextUntil(end); alarm; alarm = this.#nextUntil(end)) {
      this.#now = Math.max(this.#now, alarm.at);
      this.#alarms.delete(alarm);
      alarm.task();
    }
    this.#now = end;
  }

  #nextUntil(end: number): Alarm | undefined {
    let next: Alarm | undefined;
    for (const alarm of this.#alarms) if (alarm.at <= end && (!next || alarm.at < next.at)) next = alarm;
    return next;
  }
}
