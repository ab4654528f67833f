/** Errors of code that is not ours: seen by the process, without disturbing what runs now. */

/** Lets an error reach the process as an uncaught exception, once the current operation is through. */
export function surface(error: unknown): void {
  process.nextTick(rethrow, error);
}

function rethrow(error: unknown): never {
  throw error;
}
