/** What cannot work is refused where it is said. */
import { type Bus, type ClusterOptions, cluster, Emitter } from "@sockeye/cluster";
import { MemoryHub } from "@sockeye/cluster/testing";
import { describe, expect, test } from "vitest";

const bus = new MemoryHub().connect();

const refusal = (name: string, code: string) =>
  expect.objectContaining({ name, code, message: expect.stringContaining("expected") });

/** What reaches us from JavaScript, or from the environment, is not always what the types say. */
const wrongOptions: ReadonlyArray<[string, unknown]> = [
  ["prefix", ""],
  ["prefix", "a.b"],
  ["prefix", 7],
  ["heartbeatInterval", 0],
  ["heartbeatInterval", Number.NaN],
  ["heartbeatInterval", "1000"],
  ["heartbeatTimeout", Number.POSITIVE_INFINITY],
  ["heartbeatTimeout", 1_000],
  ["requestTimeout", -1],
  ["requestTimeout", Number.NaN],
  ["linger", -1],
  ["linger", 2 ** 31],
  ["maxBufferedBytes", "8MB"],
  ["maxBufferedBytes", Number.POSITIVE_INFINITY],
];

test.each(wrongOptions)("the option %s takes no %j", (name, value) => {
  const options = { [name]: value } as ClusterOptions;
  expect(() => cluster(bus, options)).toThrow(refusal("RangeError", "ERR_OPTION"));
  expect(() => new Emitter(bus, options)).toThrow(name);
});

test("the smallest values do work", () => {
  const options = {
    heartbeatInterval: 1,
    heartbeatTimeout: 2,
    requestTimeout: 1,
    linger: 0,
    maxBufferedBytes: 0,
  };
  cluster(bus, options);
});

describe("what is no bus", () => {
  test.each([
    ["undefined", undefined],
    ["a string", "redis://:secret@127.0.0.1"],
    ["an object of Map", new Map()],
    ["a promise: await it", Promise.resolve(bus)],
  ])("is refused: %s", (what, value) => {
    for (const make of [() => cluster(value as unknown as Bus), () => new Emitter(value as unknown as Bus)]) {
      expect(make).toThrow(refusal("TypeError", "ERR_CLIENT"));
      expect(make).toThrow(new RegExp(`got ${what}$`));
    }
  });
});
