/** The programme itself: every scenario gives every figure of every stack that is here. No speed is asserted. */
import { redisInstalled } from "@sockeye/redis/testing";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Child } from "../src/child.mjs";
import { measureAll } from "../src/measure.mjs";
import { body } from "../src/report/files.mjs";
import { picture } from "../src/report/svg.mjs";
import { scenarios as all } from "../src/scenarios/index.mjs";
import type { Subject } from "../src/subjects.mjs";

type Run = Awaited<ReturnType<typeof measureAll>>;

const scenarios = all.filter(({ kind }) => kind !== "clusters");
const ours: Subject[] = ["sockeye", "socketio"];
const others: Subject[] = ["sockeye-ws", "ws", "net", "http", "bun"];
const wires = scenarios.filter(({ name }) =>
  ["echo", "broadcast", "room", "binary", "polling"].includes(name),
);
// Bun is a control that some platforms cannot install; nothing else may be missing.
const allowed = (remark: string) => remark.startsWith("Bun ");

const measure = (part: typeof scenarios, stacks: Subject[], onScenario?: (run: Run) => void) =>
  measureAll(
    { scenarios: part, stacks, form: "tiny", runs: 1, node: process.execPath, profile: false, heap: false },
    { command: "npm run bench", profiles: "" },
    onScenario,
  );

function expectFigures(run: Run, part: typeof scenarios, stacks: Subject[]) {
  const withoutBun = run.remarks.some(allowed);
  for (const { subjects, figures, sizes } of part) {
    const present = subjects.filter((stack) => stacks.includes(stack) && !(withoutBun && stack === "bun"));
    for (const { key } of figures(sizes.tiny)) {
      const cells = run.rows.find((row) => row.key === key)?.cells;
      for (const stack of present) {
        expect(cells?.get(stack)?.median, `${key} of ${stack}`).toSatisfy(Number.isFinite);
      }
    }
  }
}

describe("a run with tiny numbers", () => {
  let run: Run;
  let controls: Run;

  beforeAll(async () => {
    [run, controls] = await Promise.all([measure(scenarios, ours), measure(wires, others)]);
  }, 120_000);

  afterAll(() => Child.killAll());

  test("leaves out nothing that is installed", () => {
    expect([...run.remarks, ...controls.remarks].filter((remark) => !allowed(remark))).toEqual([]);
  });

  test.for(scenarios.map((scenario) => [scenario.name, scenario] as const))("answers %s", ([, scenario]) => {
    expectFigures(run, [scenario], ours);
  });

  test("asks the controls the same questions", () => {
    expectFigures(controls, wires, others);
  });

  test("tells what was measured, on what and when", () => {
    const text = body(run);
    expect(text).toContain(`Node.js ${process.versions.node}`);
    expect(text).toContain("socket.io 4.8.4");
    expect(text).toContain(run.date);
    expect(text).toContain("event with ack, 10 in flight");
  });

  test("draws one bar for each ratio of a target", () => {
    const svg = picture(run.rows, "a test");
    expect(svg).toMatch(/^<svg[\s\S]*<\/svg>\n$/);
    expect(svg).toContain("event with ack, 10 in flight <tspan");
  });
});

test.skipIf(!redisInstalled())(
  "a cluster is measured with its engine, and each scenario kept when it is done",
  async () => {
    const part = all.filter(({ name }) => ["codec", "cluster-redis-2"].includes(name));
    const soFar: number[] = [];
    const run = await measure(part, ours, ({ rows }) => soFar.push(rows.length));
    expect(run.remarks).toEqual([]);
    expectFigures(run, part, ours);
    expect(soFar).toEqual([4, 7]);
  },
  90_000,
);

test("a process that dies takes its unanswered questions with it", async () => {
  const child = new Child("The mute", [process.execPath, "-e", "setTimeout(() => process.exit(3), 50)"]);
  await expect(child.ask("hello")).rejects.toThrow("The mute ended with 3");
  await expect(child.ask("hello")).rejects.toThrow("The mute is not running");
});

test("a question that nobody answers is given up in time", async () => {
  const child = new Child("The mute", [process.execPath, "-e", "setInterval(() => {}, 1_000)"]);
  await expect(child.ask("hello", undefined, 0.05)).rejects.toThrow('no answer to "hello" in 0.05 s');
  child.kill();
});
