/** What the engine client alone refuses, rather than do without. */
import { emitError } from "../errors.ts";

/** @throws Error ERR_OPTION when an option needs more than the engine client */
export function refuseRace(opts: object = {}): void {
  for (const name of ["connect", "raceDelay"]) {
    if (name in opts) throw emitError("ERR_OPTION", `"${name}" is an option of "@sockeye/client"`);
  }
}
