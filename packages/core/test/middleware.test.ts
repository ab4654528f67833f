/** Middlewares run in order, and every way of ending is told once. */
import { type Middleware, runMiddlewares } from "@sockeye/core";
import { expect, test, vi } from "vitest";

function run(...chain: Middleware<string[]>[]) {
  const subject: string[] = [];
  const outcome = { passed: vi.fn(), refused: vi.fn(), failed: vi.fn() };
  runMiddlewares(chain, subject, outcome);
  return { subject, ...outcome };
}

test("passes when every function has called next, in order", () => {
  const { subject, passed } = run(
    (list, next) => {
      list.push("a");
      next();
    },
    (list, next) => {
      list.push("b");
      next();
    },
  );
  expect(subject).toEqual(["a", "b"]);
  expect(passed).toHaveBeenCalledOnce();
});

test("an empty chain passes", () => {
  expect(run().passed).toHaveBeenCalledOnce();
});

test("an error given to next refuses, and the rest is not asked", () => {
  const rest = vi.fn();
  const { refused, passed } = run((_, next) => next(new Error("no")), rest);
  expect(refused).toHaveBeenCalledExactlyOnceWith(new Error("no"));
  expect(passed).not.toHaveBeenCalled();
  expect(rest).not.toHaveBeenCalled();
});

test("only the first call of next counts", () => {
  const { passed, refused } = run((_, next) => {
    next();
    next();
    next(new Error("too late"));
  });
  expect(passed).toHaveBeenCalledOnce();
  expect(refused).not.toHaveBeenCalled();
});

test("a throw ends the run", () => {
  const { failed, passed } = run(() => {
    throw new Error("oops");
  });
  expect(failed).toHaveBeenCalledExactlyOnceWith(new Error("oops"), false, true);
  expect(passed).not.toHaveBeenCalled();
});

test("a rejection ends the run, and next is deaf from then on", async () => {
  let late: (() => void) | undefined;
  const { failed, passed } = run(async (_, next) => {
    late = next;
    throw new Error("oops");
  });
  await vi.waitFor(() => expect(failed).toHaveBeenCalledExactlyOnceWith(new Error("oops"), true, true));
  late?.();
  expect(passed).not.toHaveBeenCalled();
});

test("a rejection after next is told, and ends nothing", async () => {
  const { failed, passed } = run(async (_, next) => {
    next();
    throw new Error("oops");
  });
  await vi.waitFor(() => expect(failed).toHaveBeenCalledExactlyOnceWith(new Error("oops"), true, false));
  expect(passed).toHaveBeenCalledOnce();
});

test("a function added during the run is for later runs", () => {
  const chain: Middleware<string[]>[] = [];
  const late = vi.fn();
  chain.push((_, next) => {
    chain.push(late);
    next();
  });
  expect(run(...chain).passed).toHaveBeenCalledOnce();
  expect(late).not.toHaveBeenCalled();
});
