/** Which clock the client lives by: the given one, or the platform's. */
import type { Clock } from "@sockeye/core";
import type { EngineOptions } from "./options.ts";

function platform({ setTimeout, clearTimeout }: typeof globalThis): Clock {
  return {
    now: () => performance.now(),
    setTimeout: (task, ms) => setTimeout(task, ms),
    clearTimeout: (timer) => clearTimeout(timer as number),
  };
}

// When the module is loaded, before anything could replace the timers.
const native = /* @__PURE__ */ platform(globalThis);

/** The clock that the options `clock` and `useNativeTimers` ask for. */
export const clockOf = ({ clock, useNativeTimers }: EngineOptions): Clock =>
  clock ?? (useNativeTimers ? native : platform(globalThis));
