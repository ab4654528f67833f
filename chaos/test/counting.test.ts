/** How messages are counted, and what can be asked for. */
import { describe, expect, test } from "vitest";
import { parse } from "../src/options.ts";
import { Reception } from "../src/reception.ts";
import { Sendings } from "../src/tally.ts";

describe("what is counted", () => {
  test("a message that comes again is a duplicate, one that comes late is out of order, the rest is lost", () => {
    const reception = new Reception();
    for (const number of [1, 2, 2, 5, 4, 4]) reception.take(number);
    const { delivered, duplicated, reordered } = reception;
    expect([delivered, duplicated, reordered]).toEqual([4, 2, 1]);
    expect([...reception.lost(7)]).toEqual([3, 6, 7]);
  });

  test("where nothing is promised across connections, what comes again or late on another one is neither", () => {
    const reception = new Reception();
    for (const number of [1, 2, 5]) reception.take(number);
    reception.reconnect();
    expect([2, 3, 6, 3].map((number) => reception.take(number))).toEqual([
      undefined,
      undefined,
      undefined,
      "duplicate",
    ]);
    expect([reception.delivered, reception.duplicated, reception.reordered]).toEqual([5, 1, 0]);
  });

  test("what a room without clients was sent is as old as what its source said elsewhere", () => {
    const sendings = new Sendings();
    sendings.note("plain-server1/room5", 1, 1_000);
    for (const number of [1, 2, 3]) sendings.note("plain-server1/all", number, number * 1_000);
    sendings.note("plain-server1/room5", 3, 3_000);
    sendings.note("plain-server2/room5", 2, 9_000);
    expect(sendings.timeOf("plain-server1/room5", 2)).toBe(2_000);
    expect(["room5", "room6"].map((room) => sendings.sent(`plain-server1/${room}`))).toEqual([3, 0]);
  });
});

test("options that cannot be are refused, with what was expected", () => {
  expect(() => parse(["--engine", "mysql"])).toThrow("expected some of redis, nats, postgres");
  expect(() => parse(["--clients", "0"])).toThrow("--clients: expected a positive integer");
  expect(parse(["--engine", "nats,redis"]).engines).toEqual(["nats", "redis"]);
});
