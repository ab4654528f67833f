/** How messages are counted, and what can be asked for. */
import { describe, expect, test } from "vitest";
import { parse } from "../src/options.ts";
import { Reception } from "../src/reception.ts";

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
});

test("options that cannot be are refused, with what was expected", () => {
  expect(() => parse(["--engine", "mysql"])).toThrow("expected some of redis, nats, postgres");
  expect(() => parse(["--clients", "0"])).toThrow("--clients: expected a positive integer");
  expect(parse(["--engine", "nats,redis"]).engines).toEqual(["nats", "redis"]);
});
