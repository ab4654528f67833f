/** The end of a wait: by time, or by an AbortSignal. */
import type { Clock, Timer } from "@sockeye/core";
import { emitError } from "../errors.ts";

/** How long, and under whose eyes, something is waited for. */
export interface WaitOptions {
  /** Milliseconds; then the wait fails with ERR_TIMEOUT. Default: for ever. */
  timeout?: number | undefined;
  /** Its reason is what the wait fails with. */
  signal?: AbortSignal | undefined;
}

/** Calls `fail` when the wait is over, at once if it is already; returns what ends the watch. */
export function limit(
  clock: Clock,
  { timeout, signal }: WaitOptions,
  fail: (reason: Error) => void,
): () => void {
  const abort = (): void => fail(signal?.reason);
  let timer: Timer;
  if (timeout !== undefined) {
    timer = clock.setTimeout(() => fail(emitError("ERR_TIMEOUT", "operation has timed out")), timeout);
  }
  signal?.addEventListener("abort", abort);
  if (signal?.aborted) abort();
  return () => {
    clock.clearTimeout(timer);
    signal?.removeEventListener("abort", abort);
  };
}
