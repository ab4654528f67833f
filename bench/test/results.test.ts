/** From samples to figures, ratios and verdicts. */
import { expect, test } from "vitest";
import { clusterTables } from "../src/report/clusters.mjs";
import { ratiosTable } from "../src/report/text.mjs";
import { rowsOf } from "../src/results.mjs";
import { clusterScenarios } from "../src/scenarios/cluster.mjs";
import { median, quantile, spread } from "../src/statistics.mjs";
import type { Subject } from "../src/subjects.mjs";

const figures = [{ key: "echo", label: "event with ack", unit: "µs" }];
const samples = (values: Partial<Record<Subject, number[]>>) =>
  new Map([["echo", new Map(Object.entries(values) as Array<[Subject, number[]]>)]]);

test("the median of an even number of samples lies between the middle ones", () => {
  expect(median([4, 1, 3, 2])).toBe(2.5);
});

test("a quantile lies between its neighbours in proportion", () => {
  expect(quantile([10, 20, 30, 40, 50], 0.9)).toBe(46);
  expect(quantile([7], 0.99)).toBe(7);
});

test("the spread is half the distance between the quartiles, as a share of the median", () => {
  expect(spread([10, 20, 30, 40, 50])).toBeCloseTo(10 / 30);
});

test("a target is met at its very value, and missed above it", () => {
  const [row] = rowsOf(figures, samples({ sockeye: [45], socketio: [100], ws: [59] }));
  expect(row?.ratios).toEqual([
    { control: "socketio", ratio: 0.45, target: 0.45, met: true },
    { control: "ws", ratio: 45 / 59, target: 0.75, met: false },
  ]);
});

test("without our own figure there is no ratio", () => {
  const [row] = rowsOf(figures, samples({ socketio: [100] }));
  expect(row?.ratios).toEqual([]);
});

test("the table of ratios tells target and verdict", () => {
  const table = ratiosTable(rowsOf(figures, samples({ sockeye: [50, 40, 60], socketio: [100] })));
  expect(table).toMatch(/event with ack +\| socket\.io +\| 0\.50 +\| at most 0\.45 +\| \*\*missed\*\*/);
});

test("clusters have a line for each bus and number of servers, and one for what it costs others", () => {
  const values = (ours: number, theirs: number) =>
    new Map<Subject, number[]>([
      ["sockeye", [ours]],
      ["socketio", [theirs]],
    ]);
  const rows = clusterScenarios
    .filter(({ name }) => ["cluster-redis-4", "cluster-interest-redis"].includes(name))
    .flatMap(({ figures, sizes }) => {
      const keys = figures(sizes.tiny);
      return rowsOf(keys, new Map(keys.map(({ key }, index) => [key, values(index + 1, 2 * index + 2)])));
    });
  const lines = clusterTables(rows).split("\n");
  const cells = (line = "") => line.split("|").map((cell) => cell.trim());
  const found = lines.filter((line) => line.startsWith("| Redis pub/sub")).map(cells);
  expect(found).toEqual([
    ["", "Redis pub/sub", "4", "1.00", "2.00", "0.50", "2.00", "4.00", "3.00", "6.00", ""],
    ["", "Redis pub/sub", "1.00", "2.00", "2.00", "4.00", "3.00", "6.00", ""],
  ]);
});
