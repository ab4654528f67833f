/** What every bus must do, whatever it is made of. */
import { strictEqual as equal, ok, rejects, deepStrictEqual as same } from "node:assert/strict";
import type { Bus, BusState } from "../bus.ts";

/** The test runner's functions; Vitest's fit. */
export interface Runner {
  describe(name: string, define: () => void): unknown;
  test(name: string, run: () => void | Promise<void>): unknown;
}

/** Connections of several processes to the same engine, made for one test. */
export interface BusRig {
  /** One more connection. */
  connect(): Promise<Bus>;
  /** Ends all connections. */
  close(): Promise<void>;
  /** Makes the engine unreachable for a while, where the test can. */
  interrupt?(): Promise<() => Promise<void>>;
}

/** Runs the suite over the buses of `open`. */
export function describeBus({ describe, test }: Runner, name: string, open: () => Promise<BusRig>): void {
  describe(name, () => {
    for (const [sentence, run] of Object.entries(cases)) {
      test(sentence, async () => {
        const rig = await open();
        try {
          await run(rig, `test.${Math.random().toString(36).slice(2)}`);
        } finally {
          await rig.close();
        }
      });
    }
  });
}

/** Takes messages, and lets a test wait for so many. */
class Inbox {
  readonly messages: Uint8Array[] = [];
  #wake = (): void => {};

  readonly take = (message: Uint8Array): void => {
    this.messages.push(Uint8Array.from(message));
    this.#wake();
  };

  get texts(): string[] {
    return this.messages.map((message) => Buffer.from(message).toString());
  }

  async count(count: number): Promise<void> {
    while (this.messages.length < count) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }
}

const bytes = (text: string): Uint8Array => Buffer.from(text);

const cases: Record<string, (rig: BusRig, topic: string) => Promise<void>> = {
  async "what one publishes reaches every subscriber of the topic, and no other"(rig, topic) {
    const [a, b, c] = [await rig.connect(), await rig.connect(), await rig.connect()];
    const [inB, inC, other] = [new Inbox(), new Inbox(), new Inbox()];
    await Promise.all([
      b.subscribe(topic, inB.take),
      c.subscribe(topic, inC.take),
      c.subscribe(`${topic}.x`, other.take),
    ]);
    await a.publish(topic, bytes("hello"));
    await Promise.all([inB.count(1), inC.count(1)]);
    await a.publish(`${topic}.x`, bytes("end"));
    await other.count(1);
    same([inB.texts, inC.texts, other.texts], [["hello"], ["hello"], ["end"]]);
  },

  async "any bytes arrive as they were, from none to a megabyte"(rig, topic) {
    const [a, b] = [await rig.connect(), await rig.connect()];
    const inbox = new Inbox();
    await b.subscribe(topic, inbox.take);
    const sent = [
      new Uint8Array(0),
      Uint8Array.from({ length: 256 }, (_, index) => index),
      Uint8Array.of(0xff, 0xfe, 0, 0xc0, 0x80),
      Uint8Array.from({ length: 1024 * 1024 }, (_, index) => (index * 31) >>> 3),
    ];
    for (const message of sent) await a.publish(topic, message);
    await inbox.count(sent.length);
    for (const [index, message] of sent.entries()) {
      ok(Buffer.from(message).equals(inbox.messages[index] as Uint8Array), `message ${index}`);
    }
  },

  async "messages of one publisher arrive in order, across topics too"(rig, topic) {
    const [a, b] = [await rig.connect(), await rig.connect()];
    const inbox = new Inbox();
    const topics = [topic, `${topic}.x`, `${topic}.y`];
    await Promise.all(topics.map((each) => b.subscribe(each, inbox.take)));
    const texts = Array.from({ length: 300 }, (_, index) => String(index));
    await Promise.all(texts.map((text, index) => a.publish(topics[index % 3] as string, bytes(text))));
    await inbox.count(texts.length);
    same(inbox.texts, texts);
  },

  async "a subscription that is undone hears nothing more, and others on the topic go on"(rig, topic) {
    const [a, b] = [await rig.connect(), await rig.connect()];
    const [first, second] = [new Inbox(), new Inbox()];
    const undo = await b.subscribe(topic, first.take);
    await b.subscribe(topic, second.take);
    await a.publish(topic, bytes("1"));
    await Promise.all([first.count(1), second.count(1)]);
    undo();
    undo();
    await a.publish(topic, bytes("2"));
    await second.count(2);
    same([first.texts, second.texts], [["1"], ["1", "2"]]);
  },

  async "a topic may be subscribed again after it was undone, and undoing the first once more changes nothing"(
    rig,
    topic,
  ) {
    const [a, b] = [await rig.connect(), await rig.connect()];
    const inbox = new Inbox();
    const undo = await b.subscribe(topic, inbox.take);
    undo();
    await b.subscribe(topic, inbox.take);
    undo();
    await a.publish(topic, bytes("1"));
    await inbox.count(1);
    same(inbox.texts, ["1"]);
  },

  async "listeners are never called within publish or subscribe"(rig, topic) {
    const a = await rig.connect();
    let inside = false;
    const inbox = new Inbox();
    await a.subscribe(topic, () => equal(inside, false));
    await (await rig.connect()).subscribe(topic, inbox.take);
    inside = true;
    const published = a.publish(topic, bytes("1"));
    inside = false;
    await published;
    await inbox.count(1);
  },

  async "hundreds of topics are heard at a time"(rig, topic) {
    const [a, b] = [await rig.connect(), await rig.connect()];
    const inbox = new Inbox();
    const topics = Array.from({ length: 500 }, (_, index) => `${topic}.${index.toString(36)}`);
    await Promise.all(topics.map((each) => b.subscribe(each, inbox.take)));
    await Promise.all(topics.map((each) => a.publish(each, bytes(each))));
    await inbox.count(topics.length);
    same(inbox.texts.toSorted(), topics.toSorted());
  },

  async "it tells how rooms are cut into topics"(rig) {
    const { roomTopics } = await rig.connect();
    ok(Number.isInteger(roomTopics) && roomTopics > 0);
  },

  async "an interruption is reported, refuses what is published, and ends with the subscriptions renewed"(
    rig,
    topic,
  ) {
    if (!rig.interrupt) return;
    const [a, b] = [await rig.connect(), await rig.connect()];
    const inbox = new Inbox();
    const late = new Inbox();
    await b.subscribe(topic, inbox.take);
    const [seenByA, seenByB] = [watch(a), watch(b)];
    const restore = await rig.interrupt();
    await Promise.all([seenByA("down"), seenByB("down")]);
    await rejects(a.publish(topic, bytes("lost")));
    const subscribed = b.subscribe(`${topic}.late`, late.take);
    await restore();
    await Promise.all([seenByA("up"), seenByB("up"), subscribed]);
    await a.publish(topic, bytes("found"));
    await a.publish(`${topic}.late`, bytes("too"));
    await Promise.all([inbox.count(1), late.count(1)]);
    same([inbox.texts, late.texts], [["found"], ["too"]]);
  },
};

/** Lets a test wait for a state that a bus reports. */
function watch(bus: Bus): (state: BusState) => Promise<void> {
  const seen: BusState[] = [];
  let wake = (): void => {};
  bus.observe((state) => {
    seen.push(state);
    wake();
  });
  return async (state) => {
    while (!seen.includes(state)) {
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
    }
  };
}
