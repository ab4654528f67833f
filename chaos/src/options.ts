/** The options of `npm run chaos`. */
import { parseArgs } from "node:util";
import { type EngineName, engines } from "./engines.ts";
import { FAULTS, type FaultKind } from "./faults.ts";

export interface Options {
  engines: EngineName[];
  servers: number;
  clients: number;
  seconds: number;
  seed: number;
  pace: number;
  orders: number;
  faults: FaultKind[];
  plain: boolean;
  drainOver: number;
  heartbeat: number;
}

export const USAGE = `npm run chaos -- [options]

  --engine   redis, nats, postgres, all, or several separated by commas (all)
  --servers  server processes (3)
  --clients  clients (500)
  --seconds  how long things go wrong, for each engine (50)
  --seed     what makes a run repeatable; by chance if there is none
  --pace     milliseconds between two messages of a stream (1000); there are 11 streams for each server and emitter
  --orders   milliseconds between two orders of a client (1000)
  --faults   kill, bus, reset, freeze, suspend, roll, or several separated by commas (all but roll, which drains and
             replaces one server after the other)
  --over     milliseconds over which roll drains a server (5000)
  --heartbeat  milliseconds between heartbeats, and to wait for one (3000)
  --recovered-only  no client gets plain messages`;

/** Throws a TypeError that says what was expected. */
export function parse(args: string[]): Options {
  const { values } = parseArgs({
    args,
    options: {
      engine: { type: "string", default: "all" },
      servers: { type: "string", default: "3" },
      clients: { type: "string", default: "500" },
      seconds: { type: "string", default: "50" },
      seed: { type: "string", default: String(Math.floor(Math.random() * 1_000_000)) },
      pace: { type: "string", default: "1000" },
      orders: { type: "string", default: "1000" },
      faults: { type: "string", default: FAULTS.join() },
      heartbeat: { type: "string", default: "3000" },
      over: { type: "string", default: "5000" },
      "recovered-only": { type: "boolean", default: false },
    },
  });
  const names = Object.keys(engines) as EngineName[];
  return {
    engines: values.engine === "all" ? names : choice("engine", values.engine, names),
    servers: count("servers", values.servers),
    clients: count("clients", values.clients),
    seconds: count("seconds", values.seconds),
    seed: count("seed", values.seed),
    pace: count("pace", values.pace),
    orders: count("orders", values.orders),
    faults: choice("faults", values.faults, [...FAULTS, "roll"]),
    plain: !values["recovered-only"],
    drainOver: count("over", values.over),
    heartbeat: count("heartbeat", values.heartbeat),
  };
}

function count(name: string, value: string): number {
  const number = Number(value);
  if (!Number.isSafeInteger(number) || number < 1) {
    throw new TypeError(`--${name}: expected a positive integer, got "${value}"`);
  }
  return number;
}

function choice<Name extends string>(option: string, value: string, names: readonly Name[]): Name[] {
  const chosen = value.split(",") as Name[];
  const unknown = chosen.find((name) => !names.includes(name));
  if (unknown !== undefined) {
    throw new TypeError(`--${option}: expected some of ${names.join(", ")}, got "${unknown}"`);
  }
  return chosen;
}
