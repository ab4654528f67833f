/** Which clock the client lives by: the given one, or the platform's under the options about timers. */
import type { Clock } from "@sockeye/core";
import type { EngineOptions } from "./options.ts";

// Taken when the module is loaded, before anything could replace them.
const { setTimeout: nativeSetTimeout, clearTimeout: nativeClearTimeout } = globalThis;

/** The clock that the options `clock`, `useNativeTimers` and `autoUnref` ask for. */
export function clockOf({ clock, useNativeTimers, autoUnref }: EngineOptions): Clock {
  return (
    clock ?? {
      now: () => performance.now(),
      setTimeout(task, ms) {
        const timer: unknown = useNativeTimers ? nativeSetTimeout(task, ms) : setTimeout(task, ms);
        if (autoUnref) (timer as { unref?: () => void }).unref?.();
        return timer;
      },
      clearTimeout: (timer) =>
        useNativeTimers ? nativeClearTimeout(timer as number) : clearTimeout(timer as number),
    }
  );
}
