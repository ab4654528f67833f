/** What goes wrong: each fault is made, lasts a while, and is mended. */
import { pick } from "./random.ts";

/** What faults are done to. */
export interface Victims {
  /** Kills a server process, and starts it again after `downtime` milliseconds. */
  kill(chance: () => number, downtime: number): Promise<string>;
  /** A server process does nothing for so many milliseconds, and then goes on. */
  suspend(chance: () => number, duration: number): Promise<string>;
  /** Stops the engine of the bus, and starts it again. */
  stopBus(downtime: number): Promise<string>;
  /** Resets a share of the clients' connections. */
  reset(chance: () => number, share: number): Promise<string>;
  /** Nothing passes on a share of the clients' connections for so many milliseconds. */
  freeze(chance: () => number, share: number, duration: number): Promise<string>;
  /** Replaces one server after the other by a new one, as a deploy does. */
  roll(): Promise<string>;
}

/** What goes wrong if nothing else is asked for. */
export const FAULTS = ["kill", "bus", "reset", "freeze", "suspend"] as const;

export type FaultKind = (typeof FAULTS)[number] | "roll";

/** Makes and mends a fault; tells what it was. */
export function commit(kind: FaultKind, victims: Victims, chance: () => number): Promise<string> {
  const between = (from: number, to: number): number => Math.round(from + (to - from) * chance());
  switch (kind) {
    case "kill":
      return victims.kill(chance, between(200, 1_500));
    case "bus":
      return victims.stopBus(between(500, 2_500));
    case "reset":
      return victims.reset(chance, 0.1 + 0.4 * chance());
    case "freeze":
      // Beyond the heartbeats' patience, so that both sides give up.
      return victims.freeze(chance, 0.1 + 0.2 * chance(), between(5_000, 8_000));
    case "suspend":
      return victims.suspend(chance, between(1_000, 6_000));
    case "roll":
      return victims.roll();
  }
}

/** The kinds in an order of chance, each once per round. */
export function* schedule(kinds: readonly FaultKind[], chance: () => number): Generator<FaultKind> {
  for (;;) {
    const left = [...kinds];
    while (left.length > 0) yield left.splice(left.indexOf(pick(chance, left)), 1)[0] as FaultKind;
  }
}
