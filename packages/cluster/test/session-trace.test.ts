/** What of a log was for a session, and which rooms its socket was in when it was said. */
import { expect, test } from "vitest";
import type { Mark } from "../src/head-start.ts";
import type { Logged } from "../src/message.ts";
import { markedBy, type Said } from "../src/moment.ts";
import { PastRooms } from "../src/past-rooms.ts";
import { SessionTrace } from "../src/session-trace.ts";

function said(room: string, from: string, copy: number, position = Number.POSITIVE_INFINITY): Said {
  const order: Logged = {
    kind: "broadcast",
    nsp: "/",
    to: { rooms: [room], except: [] },
    args: ["n"],
    copy,
  };
  return { order, from, position };
}

const at = (position: number, number: number, node = "a") => ({ position, marks: [{ node, number }] });

test("what was said before it left is for it, wherever that is in the log; what others said there is not", () => {
  const trace = new SessionTrace({ since: 10, stays: [["room", 20]], ended: [] });
  trace.leave("room", at(30, 3));
  const read = SessionTrace.prototype.concerns.bind(new SessionTrace(trace.record));
  expect([read(said("room", "a", 3, 33)), read(said("room", "a", 4, 34))]).toEqual([true, false]);
  expect([read(said("room", "b", 1, 30)), read(said("room", "b", 2, 31))]).toEqual([true, false]);
});

test("what was said before it came is not for it, wherever that is in the log", () => {
  const trace = new SessionTrace({ since: at(10, 1), stays: [], ended: [] });
  trace.join("room", at(20, 3));
  trace.heardAfter("room", 25);
  expect(trace.concerns(said("room", "a", 3, 33))).toBe(false);
  expect(trace.concerns(said("room", "a", 4, 34))).toBe(true);
  expect(trace.concerns(said("room", "b", 1, 25))).toBe(false);
});

test.each([
  ["everywhere", { rooms: ["room"], everywhere: true }],
  ["to another room too, which may be listened to,", { rooms: ["other", "room"] }],
])("what goes %s is for who has come into the room, although the room is not listened to yet", (_, whom) => {
  const widely = (position: number): Said => {
    const each = said("room", "b", 1, position);
    return { ...each, order: { ...each.order, to: { ...each.order.to, ...whom } } };
  };
  const trace = new SessionTrace({ since: 10, stays: [], ended: [] });
  trace.join("room", 20);
  trace.heardAfter("room", 25);
  const again = new SessionTrace(trace.record);
  again.leave("room", 40);
  for (const each of [trace, again, new SessionTrace(again.record)]) {
    expect([20, 22, 26].map((position) => each.concerns(widely(position)))).toEqual([false, true, true]);
    expect([22, 25, 26].map((position) => each.concerns(said("room", "b", 1, position)))).toEqual([
      false,
      false,
      true,
    ]);
  }
});

test("what a client has had of a server it has had, also when it tells less of it later", () => {
  const mark = (node: string, number: number): Mark => ({ node, number });
  const marks = markedBy(markedBy([mark("b", 7)], mark("a", 5)), mark("a", 3));
  expect(marks).toEqual([mark("b", 7), mark("a", 5)]);
  expect(markedBy(marks, mark("a", 6))).toEqual([mark("b", 7), mark("a", 6)]);
  const many = ["c", "d", "e"].map((node) => mark(node, 1));
  expect(many.reduce<readonly Mark[]>(markedBy, marks)).toEqual([mark("a", 5), ...many]);
});

test("a stay is forgotten when all has been received that was said before its end", () => {
  const trace = new SessionTrace({ since: 10, stays: [["room", 20]], ended: [] });
  trace.leave("room", at(30, 3));
  for (const received of [29, 40, at(40, 2), at(40, 9, "b")]) {
    trace.forget(received);
    expect(trace.allRooms.size).toBe(1);
  }
  trace.forget(at(30, 3));
  expect(trace.allRooms.size).toBe(0);
});

test("a stay in which nothing was said is none", () => {
  const trace = new SessionTrace({ since: 10, stays: [["room", at(20, 3)]], ended: [] });
  trace.leave("room", at(20, 3));
  expect(trace.allRooms.size).toBe(0);
});

test("changes of rooms are told until what was said before has come, and let go of what they hold then", () => {
  const past = new PastRooms();
  const released: string[] = [];
  const release = (): void => void released.push("room");
  past.note("socket", { room: "room", was: true, marks: [{ node: "a", number: 2 }], release });
  past.note("socket", { room: "room", was: false, marks: [{ node: "a", number: 3 }] });
  const wasIn = [2, 3, 4].map((copy) => past.wasIn("socket", "room", said("room", "a", copy)));
  expect(wasIn).toEqual([true, false, undefined]);
  expect(past.movedSince(said("room", "b", 1))).toEqual([]);
  past.settle(said("other", "a", 1));
  expect([past.movedSince(said("room", "a", 2)), released]).toEqual([["socket"], []]);
  past.settle(said("other", "a", 2));
  expect([past.movedSince(said("room", "a", 3)), released]).toEqual([["socket"], ["room"]]);
  past.settle(said("other", "a", 9));
  expect(past.movedSince(said("room", "a", 3))).toEqual([]);
});

test("a socket that is gone is forgotten", () => {
  const past = new PastRooms();
  let released = 0;
  const release = (): void => void released++;
  past.note("socket", { room: "room", was: true, marks: [{ node: "a", number: 2 }], release });
  past.forget("socket");
  expect([past.movedSince(said("room", "a", 1)), released]).toEqual([[], 1]);
});
