/** The command line. */
import { expect, test } from "vitest";
import { optionsOf } from "../src/options.mjs";

test("without arguments everything is measured in full, five times, except what is only on request", () => {
  const options = optionsOf([]);
  expect(options).toMatchObject({ form: "full", runs: 5, writes: true });
  expect(options?.scenarios.map(({ name }) => name)).toContain("echo");
  expect(options?.scenarios.map(({ name }) => name)).not.toContain("scale");
});

test("scenarios are named with or without --only, and leave the written results alone", () => {
  expect(optionsOf(["scale"])?.scenarios.map(({ name }) => name)).toEqual(["scale"]);
  expect(optionsOf(["--only", "echo,msg"])).toMatchObject({ writes: false });
});

test("what begins alike is named by its beginning", () => {
  const names = optionsOf(["cluster-redis"])?.scenarios.map(({ name }) => name);
  expect(names).toEqual(["cluster-redis-2", "cluster-redis-3", "cluster-redis-4"]);
});

test("a part is written down only when that is asked for, a profiled run never", () => {
  expect(optionsOf(["--only", "echo", "--write"])).toMatchObject({ writes: true });
  expect(optionsOf(["--profile", "--write"])).toMatchObject({ writes: false });
  expect(optionsOf(["--heap"])).toMatchObject({ writes: false });
});

test.for([
  [["--only", "ecko"], 'No scenario "ecko"'],
  [["--stacks", "socketoi"], 'No stack "socketoi"'],
  [["--runs", "0"], 'expects a count from 1, got "0"'],
] as const)("%s is refused", ([args, message]) => {
  expect(() => optionsOf([...args])).toThrow(message);
});
