/** The short form of `npm run chaos`: a server killed, the bus stopped, connections reset, every message counted. */
import { nginxInstalled } from "@sockeye/cluster/testing";
import { expect, test } from "vitest";
import { engines } from "../src/engines.ts";
import { print } from "../src/report.ts";
import { run } from "../src/run.ts";

test.skipIf(!engines.redis.installed() || !nginxInstalled())(
  "a cluster over Redis keeps what each mode of delivery promises",
  async () => {
    const lines: string[] = [];
    const report = await run({
      engine: "redis",
      servers: 3,
      clients: 60,
      seed: 1,
      faults: { list: ["kill", "bus", "reset"] },
      plain: true,
      drainOver: 0,
      heartbeat: 3_000,
      pace: 500,
      orders: 500,
      calm: 500,
      log: (line) => lines.push(line),
    });
    const kept = print(report, (line) => lines.push(line));
    expect(kept, lines.join("\n")).toBe(true);
    expect(report.accounts.map(({ mode, delivered }) => [mode, delivered > 0])).toEqual([
      ["plain", true],
      ["recovered", true],
      ["retries", true],
      ["reliable", true],
    ]);
  },
  90_000,
);
