/** What another server says by the bus waits for what it has said before by the log, and no longer than that. */
import { FakeClock } from "@sockeye/core/testing";
import { beforeEach, expect, test } from "vitest";
import { Turns } from "../src/turns.ts";

let clock: FakeClock;
let turns: Turns;
let done: string[];

beforeEach(() => {
  clock = new FakeClock();
  turns = new Turns(clock);
  done = [];
});

const say = (from: string, what: string): void => turns.take(from, () => void done.push(what));

test("waits until its place has been read, with all that its sender says after it", () => {
  say("a", "before");
  turns.hold("a", 3);
  say("a", "leave");
  say("b", "of another");
  turns.hold("a", 5);
  say("a", "disconnect");
  turns.read("a", 2);
  expect(done).toEqual(["before", "of another"]);
  turns.read("a", 3);
  expect(done).toEqual(["before", "of another", "leave"]);
  turns.read("a", 5);
  say("a", "after");
  expect(done).toEqual(["before", "of another", "leave", "disconnect", "after"]);
});

test("goes on before what was said later is handed on, where the place itself is not heard of", () => {
  turns.hold("a", 3);
  say("a", "join");
  turns.heard("a", 2);
  expect(done).toEqual([]);
  turns.heard("a", 4);
  expect(done).toEqual(["join"]);
});

test("does not wait for a place that has been read already", () => {
  turns.read("a", 3);
  turns.hold("a", 3);
  say("a", "leave");
  expect(done).toEqual(["leave"]);
});

test("waits a second for a log that does not answer, for all that has gathered meanwhile", () => {
  turns.hold("a", 3);
  say("a", "leave");
  clock.advance(999);
  turns.hold("a", 4);
  say("a", "disconnect");
  expect(done).toEqual([]);
  clock.advance(1);
  expect(done).toEqual(["leave", "disconnect"]);
  expect(clock.pending).toBe(0);
});

test("begins its second anew at the next place", () => {
  turns.hold("a", 3);
  turns.hold("a", 4);
  say("a", "leave");
  clock.advance(999);
  turns.read("a", 3);
  clock.advance(999);
  expect(done).toEqual([]);
  clock.advance(1);
  expect(done).toEqual(["leave"]);
});

test("does not wait when the log cannot be read", () => {
  turns.hold("a", 3);
  say("a", "leave");
  turns.release();
  expect([done, clock.pending]).toEqual([["leave"], 0]);
});

test("what is done in its turn may say more", () => {
  turns.hold("a", 3);
  turns.take("a", () => {
    done.push("first");
    say("a", "third");
  });
  say("a", "second");
  turns.read("a", 3);
  expect(done).toEqual(["first", "second", "third"]);
});
