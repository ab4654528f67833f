/** Which clock the client lives by: the given one, or the platform's under the options about timers. */
import { type Clock, systemClock, type Timer } from "@sockeye/core";
import type { EngineOptions } from "./options.ts";

// Taken when the module is loaded, before anything could replace them.
const { setTimeout: nativeSetTimeout, clearTimeout: nativeClearTimeout } = globalThis;

const nativeClock: Clock = {
  now: systemClock.now,
  setTimeout: (task, ms) => nativeSetTimeout(task, ms),
  clearTimeout: (timer) => nativeClearTimeout(timer as number),
};

/** The clock that the options `clock`, `useNativeTimers` and `autoUnref` ask for. */
export function clockOf({ clock, useNativeTimers, autoUnref }: EngineOptions): Clock {
  const base = clock ?? (useNativeTimers ? nativeClock : systemClock);
  if (!autoUnref) return base;
  const setTimeout = (task: () => void, ms: number): Timer => {
    const timer = base.setTimeout(task, ms) as { unref?: () => void };
    timer.unref?.();
    return timer;
  };
  return { ...base, setTimeout };
}
