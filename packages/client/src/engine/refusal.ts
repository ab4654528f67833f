/** What the engine client alone refuses, rather than do without. */
import type { Untyped } from "@sockeye/core";
import { emitError } from "../errors.ts";
import type { Session } from "./session.ts";

/** Makes an engine client throw ERR_OPTION for an option that only `@sockeye/client` has. */
export function refusing<Client extends new (...args: Untyped[]) => Session>(Engine: Client): Client {
  return class extends Engine {
    constructor(...args: Untyped[]) {
      // They stand first, or behind the address.
      const opts = args.find((arg) => typeof arg === "object") ?? {};
      for (const name of ["connect", "raceDelay"]) {
        if (name in opts) throw emitError("ERR_OPTION", `"${name}" is an option of "@sockeye/client"`);
      }
      super(...args);
    }
  };
}
