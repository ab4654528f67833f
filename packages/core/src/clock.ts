/** Time as a guest: the port through which every room learns what time it is. */

/** What `setTimeout` of a {@link Clock} returns; only good for `clearTimeout` of the same clock. */
export type Timer = unknown;

/**
 * The time port. An implementation
 * - MUST call the task once, no earlier than `ms` milliseconds from now, unless it is cleared before;
 * - MUST NOT call a task within `setTimeout` itself;
 * - MUST accept `clearTimeout` of a timer that has already fired.
 */
export interface Clock {
  /** Milliseconds on a clock that never goes back; only differences mean anything. */
  now(): number;
  setTimeout(task: () => void, ms: number): Timer;
  clearTimeout(timer: Timer): void;
}

interface Platform {
  performance: { now(): number };
  setTimeout(task: () => void, ms: number): unknown;
  clearTimeout(timer: unknown): void;
}

// The platform is read at each call, so that a page's or a test's replaced timers are honoured.
const platform = globalThis as unknown as Platform;

/** The platform's own clock. */
export const systemClock: Clock = {
  now: () => platform.performance.now(),
  setTimeout: (task, ms) => platform.setTimeout(task, ms),
  clearTimeout: (timer) => platform.clearTimeout(timer),
};
