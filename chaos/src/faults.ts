/** What goes wrong: each fault is made, lasts a while, and is mended. */
import type { Chance } from "@sockeye/core/testing";

/** What faults are done to. */
export interface Victims {
  /** Kills a server process, and starts it again after `downtime` milliseconds. */
  kill(chance: Chance, downtime: number): Promise<string>;
  /** A server process does nothing for so many milliseconds, and then goes on. */
  suspend(chance: Chance, duration: number): Promise<string>;
  /** Stops the engine of the bus, and starts it again. */
  stopBus(downtime: number): Promise<string>;
  /** Resets a share of the clients' connections. */
  reset(chance: Chance, share: number): Promise<string>;
  /** Nothing passes on a share of the clients' connections for so many milliseconds. */
  freeze(chance: Chance, share: number, duration: number): Promise<string>;
  /** Replaces one server after the other by a new one, as a deploy does. */
  roll(): Promise<string>;
}

/** What goes wrong if nothing else is asked for. */
export const FAULTS = ["kill", "bus", "reset", "freeze", "suspend"] as const;

export type FaultKind = (typeof FAULTS)[number] | "roll";

/** Makes and mends a fault; tells what it was. */
export function commit(kind: FaultKind, victims: Victims, chance: Chance): Promise<string> {
  const between = (from: number, to: number): number => Math.round(chance.between(from, to));
  switch (kind) {
    case "kill":
      return victims.kill(chance, between(200, 1_500));
    case "bus":
      return victims.stopBus(between(500, 2_500));
    case "reset":
      return victims.reset(chance, 0.1 + 0.4 * chance.next());
    case "freeze":
      // Beyond the heartbeats' patience, so that both sides give up.
      return victims.freeze(chance, 0.1 + 0.2 * chance.next(), between(5_000, 8_000));
    case "suspend":
      return victims.suspend(chance, between(1_000, 6_000));
    case "roll":
      return victims.roll();
  }
}

/** The kinds in an order of chance, each once per round. */
export function* schedule(kinds: readonly FaultKind[], chance: Chance): Generator<FaultKind> {
  for (;;) {
    const left = [...kinds];
    while (left.length > 0) yield left.splice(left.indexOf(chance.pick(left)), 1)[0] as FaultKind;
  }
}
