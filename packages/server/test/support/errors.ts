/** What the process would die of. */
import { atEnd } from "./world.ts";

/** Takes the process's last-resort errors of this kind for the rest of the test, instead of the test runner. */
export function lastResort(kind: "uncaughtException" | "unhandledRejection"): Promise<unknown> {
  const others = process.listeners(kind as "uncaughtException");
  process.removeAllListeners(kind);
  atEnd(() => {
    process.removeAllListeners(kind);
    for (const listener of others) process.on(kind as "uncaughtException", listener);
  });
  return new Promise((resolve) => process.once(kind as "uncaughtException", resolve));
}
