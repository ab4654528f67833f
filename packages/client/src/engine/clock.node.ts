/** Timers that let the process end, under the option `autoUnref`. */

import { clockOf } from "./clock.ts";
import type { EngineOptions } from "./options.ts";

/** Completes the options: the clock of all timers, unless one is given. */
export function unrefTimers(opts: EngineOptions): void {
  if (!opts.autoUnref || opts.clock) return;
  const clock = clockOf(opts);
  opts.clock = {
    ...clock,
    setTimeout(task, ms) {
      const timer = clock.setTimeout(task, ms) as NodeJS.Timeout;
      return timer.unref();
    },
  };
}
