/** What a connection loses at an awkward moment leaves no subscription out. */
import { RedisBus } from "@sockeye/redis";
import { beforeEach, expect, test, vi } from "vitest";

type Handler = Parameters<ConstructorParameters<typeof RedisBus>[0]>[0];

let handler: Handler;
let subscribe: ReturnType<typeof vi.fn<(channel: string) => Promise<void>>>;
let bus: RedisBus;

beforeEach(() => {
  subscribe = vi.fn(async () => {});
  bus = new RedisBus((given) => {
    handler = given;
    const done = async (): Promise<void> => {};
    return { subscribe, publish: done, unsubscribe: done, call: done, close: done };
  });
});

/** Turns of the event loop: what is under way arrives. */
async function settle(): Promise<void> {
  for (let turn = 0; turn < 10; turn++) await new Promise((resolve) => setImmediate(resolve));
}

async function connected(): Promise<void> {
  handler.ready(true);
  await settle();
}

const heard = (): [string[], (message: Uint8Array) => void] => {
  const texts: string[] = [];
  return [texts, (message) => texts.push(String(message))];
};

test("a subscription that fails while the connection still counts as ready is made again", async () => {
  await connected();
  const [texts, listen] = heard();
  subscribe.mockRejectedValueOnce(new Error("connection lost"));
  await bus.subscribe("topic", listen);
  handler.message("topic", Buffer.from("hello"));
  expect([texts, subscribe.mock.calls]).toEqual([["hello"], [["topic"], ["topic"]]]);
});

test("what has been subscribed is kept through refusals at its renewal, and the bus is not up before", async () => {
  await connected();
  const [texts, listen] = heard();
  await bus.subscribe("topic", listen);
  handler.ready(false);
  for (let refusal = 0; refusal < 4; refusal++) subscribe.mockRejectedValueOnce(new Error("LOADING"));
  await connected();
  expect(bus.state).toBe("down");
  await new Promise<void>((resolve) => bus.observe((state) => state === "up" && resolve()));
  handler.message("topic", Buffer.from("hello"));
  expect([texts, subscribe.mock.calls.length]).toEqual([["hello"], 6]);
});

test("a new subscription that is refused again and again is reported, and leaves the others alone", async () => {
  await connected();
  const [texts, listen] = heard();
  await bus.subscribe("topic", listen);
  subscribe.mockRejectedValue(new Error("NOPERM"));
  await expect(bus.subscribe("forbidden", listen)).rejects.toThrow("NOPERM");
  handler.message("topic", Buffer.from("hello"));
  expect(texts).toEqual(["hello"]);
});

test("a renewal that a second interruption overtakes does not report the bus as up", async () => {
  await connected();
  await bus.subscribe("topic", () => {});
  const answers: Array<() => void> = [];
  subscribe.mockImplementation(() => new Promise((resolve) => answers.push(resolve)));
  for (let connection = 0; connection < 2; connection++) {
    handler.ready(false);
    await connected();
  }
  answers[0]?.();
  await settle();
  expect(bus.state).toBe("down");
  answers[1]?.();
  await settle();
  expect(bus.state).toBe("up");
});
