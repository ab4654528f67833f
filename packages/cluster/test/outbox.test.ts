/** What is said leaves in order, waits in order, and never grows beyond its bounds. */
import { type Bus, notSent } from "@sockeye/cluster";
import { beforeEach, expect, test } from "vitest";
import { decodeEnvelope, encodeMessage } from "../src/codec.ts";
import { Outbox } from "../src/outbox.ts";

let sent: Array<{ topic: string; says: unknown[] }>;
let refuse: false | Error;
let outbox: Outbox;

const bus: Bus = {
  roomTopics: 1,
  observe: () => () => {},
  subscribe: async () => () => {},
  async publish(topic, message) {
    await Promise.resolve();
    if (refuse) throw refuse;
    const says = decodeEnvelope(message).messages.map((each) => (each as { value: unknown }).value);
    sent.push({ topic, says });
  },
};

beforeEach(() => {
  sent = [];
  refuse = false;
  outbox = new Outbox(bus, "me", 1_000);
});

const say = (topic: string, value: unknown, keep = true): void =>
  outbox.send(topic, encodeMessage({ kind: "reply", request: 1, value }), keep);

test("messages of one turn to the same topic share an envelope, as long as that changes no order", async () => {
  for (const [topic, value] of [
    ["a", 1],
    ["a", 2],
    ["b", 3],
    ["a", 4],
  ] as const)
    say(topic, value);
  await outbox.flushed();
  expect(sent).toEqual([
    { topic: "a", says: [1, 2] },
    { topic: "b", says: [3] },
    { topic: "a", says: [4] },
  ]);
});

test("what the bus refuses as it goes down is said again when it is back, before what was said later", async () => {
  refuse = notSent("refused");
  say("a", 1);
  say("b", 2);
  const flushed = outbox.flushed();
  await new Promise((resolve) => setImmediate(resolve));
  outbox.gate = "shut";
  say("a", 3);
  await flushed;
  refuse = false;
  outbox.gate = "open";
  await outbox.flushed();
  expect(sent.flatMap(({ says }) => says)).toEqual([1, 2, 3]);
});

test("what the bus refuses twice while it is up is dropped and counted, and the rest goes on", async () => {
  refuse = notSent("refused");
  say("a", 1);
  await outbox.flushed();
  refuse = false;
  say("a", 2);
  await outbox.flushed();
  expect(outbox.counts).toEqual({ published: 1, dropped: 1, bufferedBytes: 0 });
});

test("what was on its way when the bus went down may have been sent: it is counted, and not said again", async () => {
  refuse = new Error("connection lost");
  say("a", 1);
  const flushed = outbox.flushed();
  await new Promise((resolve) => setImmediate(resolve));
  outbox.gate = "shut";
  await flushed;
  refuse = false;
  outbox.gate = "open";
  say("a", 2);
  await outbox.flushed();
  expect(sent.flatMap(({ says }) => says)).toEqual([2]);
  expect(outbox.counts.dropped).toBe(1);
});

test("with the gate ajar only what is not worth keeping leaves", async () => {
  outbox.gate = "ajar";
  say("a", "kept");
  say("a", "now", false);
  await outbox.flushed();
  expect(sent.flatMap(({ says }) => says)).toEqual(["now"]);
  outbox.gate = "open";
  await outbox.flushed();
  expect(sent.flatMap(({ says }) => says)).toEqual(["now", "kept"]);
});

test("bytes that the bus does not take count, too: the newest message always stays", async () => {
  outbox.gate = "shut";
  for (let n = 0; n < 10; n++) say(`topic-${n}`, "x".repeat(400));
  expect(outbox.counts.bufferedBytes).toBeLessThanOrEqual(1_000);
  expect(outbox.counts.dropped).toBe(8);
  say("huge", "x".repeat(5_000));
  outbox.gate = "open";
  await outbox.flushed();
  expect(sent.map(({ topic }) => topic)).toEqual(["huge"]);
});

test("who waits for what was said waits while it is kept, and no longer when it had to go", async () => {
  outbox.gate = "ajar";
  say("a", 1);
  let hasLeft = false;
  const left = outbox.left().then(() => {
    hasLeft = true;
  });
  await outbox.flushed();
  expect(hasLeft).toBe(false);
  outbox.gate = "open";
  await left;
  expect(sent).toEqual([{ topic: "a", says: [1] }]);
  refuse = new Error("perhaps it was sent");
  say("a", 2);
  await outbox.left();
  outbox.gate = "shut";
  say("a", "x".repeat(700));
  const dropped = outbox.left();
  say("b", "x".repeat(700));
  await dropped;
  expect(outbox.counts.dropped).toBe(2);
});
