/** Listeners for every event, whatever its name. */
import { isThenable, type Untyped } from "@sockeye/core";

export type AnyListener = (...args: Untyped[]) => unknown;

/** Told what a listener threw, or what its promise was rejected with. */
export type ReportListener = (error: unknown, asynchronous: boolean) => void;

/** Calls each listener with the name and the arguments; what one throws does not keep the others from it. */
export function callAll(listeners: readonly AnyListener[], args: Untyped[], report: ReportListener): void {
  for (const listener of [...listeners]) {
    try {
      const result = listener(...args);
      if (isThenable(result)) result.then(undefined, (error: unknown) => report(error, true));
    } catch (error) {
      report(error, false);
    }
  }
}

/** Removes the first occurrence of a listener. */
export function removeListener(listeners: AnyListener[] | undefined, listener: AnyListener): void {
  const at = listeners?.indexOf(listener) ?? -1;
  if (at >= 0) listeners?.splice(at, 1);
}
