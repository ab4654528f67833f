/** The heartbeat list: right moment, right order, one timer. */
import { type Deadline, DeadlineQueue } from "@sockeye/core";
import { FakeClock } from "@sockeye/core/testing";
import { beforeEach, expect, test, vi } from "vitest";

interface Entry extends Deadline {
  name: string;
}

let clock: FakeClock;
let expired: string[];
let queue: DeadlineQueue<Entry>;

beforeEach(() => {
  clock = new FakeClock();
  expired = [];
  queue = new DeadlineQueue(clock, 100, (entry) => expired.push(`${entry.name}@${clock.now()}`));
});

function entry(name: string): Entry {
  return { name, deadline: 0, previousDeadline: undefined, nextDeadline: undefined };
}

test("each entry expires once, exactly its duration after it was added", () => {
  queue.renew(entry("a"));
  clock.advance(40);
  queue.renew(entry("b"));
  clock.advance(200);
  expect(expired).toEqual(["a@100", "b@140"]);
});

test("a renewed entry starts its wait again and moves behind the others", () => {
  const [a, b] = [entry("a"), entry("b")];
  queue.renew(a);
  queue.renew(b);
  clock.advance(60);
  queue.renew(a);
  clock.advance(200);
  expect(expired).toEqual(["b@100", "a@160"]);
});

test("removing from head, middle and tail leaves the rest in order", () => {
  const entries = ["a", "b", "c", "d", "e"].map(entry);
  for (const each of entries) queue.renew(each);
  for (const index of [0, 2, 4]) queue.remove(entries[index] as Entry);
  clock.advance(100);
  expect(expired).toEqual(["b@100", "d@100"]);
});

test("an entry that does not wait may be removed", () => {
  const a = entry("a");
  queue.remove(a);
  queue.renew(entry("b"));
  queue.remove(a);
  clock.advance(100);
  expect(expired).toEqual(["b@100"]);
});

test("any number of entries cost one timer, and none is left when the last one goes", () => {
  const entries = Array.from({ length: 50 }, (_, index) => entry(String(index)));
  for (const each of entries) queue.renew(each);
  expect(clock.pending).toBe(1);
  for (const each of entries) queue.remove(each);
  expect(clock.pending).toBe(0);
});

test("an entry that waits alone is renewed without another timer, and expires in time", () => {
  const setTimeout = vi.spyOn(clock, "setTimeout");
  const a = entry("a");
  for (let signs = 0; signs < 9; signs++) {
    queue.renew(a);
    clock.advance(10);
  }
  expect(setTimeout).toHaveBeenCalledTimes(1);
  clock.advance(1000);
  expect(expired).toEqual(["a@180"]);
});

test("an entry may be renewed while it expires", () => {
  let rounds = 0;
  const again: DeadlineQueue<Entry> = new DeadlineQueue(clock, 100, (each) => {
    if (++rounds < 3) again.renew(each);
  });
  again.renew(entry("a"));
  clock.advance(1000);
  expect(rounds).toBe(3);
  expect(clock.pending).toBe(0);
});
