/** What every log and store must do, whatever it is made of. */
import { strictEqual as equal, ok, rejects, deepStrictEqual as same } from "node:assert/strict";
import type { BusState } from "../bus.ts";
import type { DurableBus, LogEntry, LogLimits } from "../log.ts";
import type { Runner } from "./bus-suite.ts";

/** Connections of several processes to the same engine, made for one test and empty at its start. */
export interface LogRig {
  /** One more connection, to a log within these limits; all of one test have the same. */
  connect(limits?: LogLimits): Promise<DurableBus>;
  /** Ends all connections. */
  close(): Promise<void>;
  /** Makes the engine unreachable for a while, without loss of what it keeps, where the test can. */
  interrupt?(): Promise<() => Promise<void>>;
}

/** Runs the suite over the logs of `open`. */
export function describeLog({ describe, test }: Runner, name: string, open: () => Promise<LogRig>): void {
  describe(name, () => {
    for (const [sentence, run] of Object.entries(cases)) {
      test(sentence, async () => {
        const rig = await open();
        try {
          await run(rig, `t${Math.random().toString(36).slice(2)}`);
        } finally {
          await rig.close();
        }
      });
    }
  });
}

/** Takes entries, and lets a test wait for so many. */
class Follower {
  readonly entries: LogEntry[] = [];
  #wake = (): void => {};

  readonly take = ({ position, message }: LogEntry): void => {
    this.entries.push({ position, message: Uint8Array.from(message) });
    this.#wake();
  };

  get texts(): string[] {
    return texts(this.entries);
  }

  get positions(): number[] {
    return this.entries.map(({ position }) => position);
  }

  async count(count: number): Promise<void> {
    while (this.entries.length < count) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }
}

const bytes = (text: string): Uint8Array => Buffer.from(text);
const texts = (entries: readonly LogEntry[]): string[] =>
  entries.map(({ message }) => Buffer.from(message).toString());

/** Appends under running numbers, as a server does. */
class Sender {
  readonly #log: DurableBus["log"];
  readonly name: string = Math.random().toString(36).slice(2);
  #number = 0;

  constructor({ log }: DurableBus) {
    this.#log = log;
  }

  append(...entries: Array<readonly [streams: string[], text: string]>): Promise<void> {
    return this.again(++this.#number, ...entries);
  }

  again(number: number, ...entries: Array<readonly [streams: string[], text: string]>): Promise<void> {
    return this.#log.append({
      sender: this.name,
      number,
      entries: entries.map(([streams, text]) => ({ streams, message: bytes(text) })),
    });
  }
}

const cases: Record<string, (rig: LogRig, name: string) => Promise<void>> = {
  async "what is appended is heard live and read later, under the same positions"(rig, s) {
    const [a, b] = [await rig.connect(), await rig.connect()];
    const [own, other] = [new Follower(), new Follower()];
    await Promise.all([a.log.subscribe(s, own.take), b.log.subscribe(s, other.take)]);
    const start = await a.log.head();
    const sender = new Sender(a);
    await sender.append([[s], "1"], [[`${s}.x`], "elsewhere"]);
    await sender.append([[s], "2"], [[s], "3"]);
    await Promise.all([own.count(3), other.count(3)]);
    const page = await b.log.read([s], start);
    same([own.texts, other.texts, texts(page.entries)], Array(3).fill(["1", "2", "3"]));
    const positions = page.entries.map(({ position }) => position);
    same([own.positions, other.positions], [positions, positions]);
    equal(page.complete, true);
    ok(page.head >= (positions.at(-1) as number));
    const rest = await b.log.read([s], positions[1] as number);
    same(texts(rest.entries), ["3"]);
    same((await b.log.read([s], page.head)).entries, []);
  },

  async "positions are safe integers that only grow, across streams and senders"(rig, s) {
    const [a, b] = [await rig.connect(), await rig.connect()];
    const start = await a.log.head();
    const senders = [new Sender(a), new Sender(b)];
    for (let index = 0; index < 20; index++) {
      await Promise.all(
        senders.map((sender, which) => sender.append([[`${s}.${index % 3}`], `${which}.${index}`])),
      );
    }
    const { entries } = await a.log.read([`${s}.0`, `${s}.1`, `${s}.2`], start);
    equal(entries.length, 40);
    for (const [index, { position }] of entries.entries()) {
      ok(Number.isSafeInteger(position) && position > (entries[index - 1]?.position ?? start));
    }
    for (const which of ["0", "1"]) {
      const mine = texts(entries).filter((text) => text.startsWith(`${which}.`));
      same(
        mine,
        Array.from({ length: 20 }, (_, index) => `${which}.${index}`),
      );
    }
    ok((await a.log.head()) >= (entries.at(-1)?.position as number));
  },

  async "listeners of one process hear all streams in the order of positions"(rig, s) {
    const [a, b, c] = [await rig.connect(), await rig.connect(), await rig.connect()];
    const follower = new Follower();
    const streams = [s, `${s}.x`, `${s}.y`];
    await Promise.all(streams.map((stream) => c.log.subscribe(stream, follower.take)));
    await Promise.all(
      [new Sender(a), new Sender(b)].map(async (sender) => {
        for (let index = 0; index < 50; index++) await sender.append([[streams[index % 3] as string], "m"]);
      }),
    );
    await follower.count(100);
    same(
      follower.positions,
      follower.positions.toSorted((x, y) => x - y),
    );
  },

  async "an entry of several streams is read once, and has one position wherever it is heard"(rig, s) {
    const [a, b] = [await rig.connect(), await rig.connect()];
    const [first, second] = [new Follower(), new Follower()];
    await b.log.subscribe(`${s}.1`, first.take);
    await b.log.subscribe(`${s}.2`, second.take);
    const start = await a.log.head();
    await new Sender(a).append([[`${s}.1`, `${s}.2`, `${s}.3`], "both"], [[`${s}.2`], "one"]);
    await Promise.all([first.count(1), second.count(2)]);
    equal(first.positions[0], second.positions[0]);
    same(texts((await b.log.read([`${s}.1`, `${s}.2`], start)).entries), ["both", "one"]);
    same(texts((await b.log.read([`${s}.3`], start)).entries), ["both"]);
  },

  async "a batch that is given again is appended once"(rig, s) {
    const [a, b] = [await rig.connect(), await rig.connect()];
    const start = await a.log.head();
    const sender = new Sender(a);
    await sender.again(1, [[s], "1"], [[s], "2"]);
    await sender.again(1, [[s], "1"], [[s], "2"]);
    await sender.again(2, [[s], "3"]);
    await sender.again(2, [[s], "3"]);
    same(texts((await b.log.read([s], start)).entries), ["1", "2", "3"]);
  },

  async "any bytes are kept as they were, from none to a megabyte"(rig, s) {
    const [a, b] = [await rig.connect(), await rig.connect()];
    const follower = new Follower();
    await b.log.subscribe(s, follower.take);
    const start = await a.log.head();
    const sent = [
      new Uint8Array(0),
      Uint8Array.from({ length: 256 }, (_, index) => index),
      Uint8Array.of(0xff, 0xfe, 0, 0xc0, 0x80),
      Uint8Array.from({ length: 1024 * 1024 }, (_, index) => (index * 31) >>> 3),
    ];
    const entries = sent.map((message) => ({ streams: [s], message }));
    await a.log.append({ sender: s, number: 1, entries });
    await follower.count(sent.length);
    const page = await b.log.read([s], start);
    for (const [index, message] of sent.entries()) {
      for (const found of [follower.entries, page.entries]) {
        ok(Buffer.from(message).equals(found[index]?.message as Uint8Array), `message ${index}`);
      }
    }
  },

  async "a subscription that is undone hears nothing more"(rig, s) {
    const a = await rig.connect();
    const [first, second] = [new Follower(), new Follower()];
    const undo = await a.log.subscribe(s, first.take);
    await a.log.subscribe(s, second.take);
    const sender = new Sender(a);
    await sender.append([[s], "1"]);
    await Promise.all([first.count(1), second.count(1)]);
    undo();
    undo();
    await sender.append([[s], "2"]);
    await second.count(2);
    same(first.texts, ["1"]);
  },

  async "beyond the number of entries the oldest go, and a reader who missed them is told"(rig, s) {
    const a = await rig.connect({ maxEntries: 10 });
    const start = await a.log.head();
    const sender = new Sender(a);
    for (let index = 0; index < 30; index++) await sender.append([[`${s}.${index % 2}`], String(index)]);
    const page = await a.log.read([`${s}.0`, `${s}.1`], start);
    equal(page.complete, false);
    const kept = texts(page.entries);
    equal(kept.at(-1), "29");
    ok(kept.length <= 10, `${kept.length} entries are kept`);
    const known = page.entries.at(-3)?.position as number;
    const rest = await a.log.read([`${s}.0`, `${s}.1`], known);
    same([texts(rest.entries), rest.complete], [["28", "29"], true]);
  },

  async "beyond the number of bytes the oldest go"(rig, s) {
    const a = await rig.connect({ maxBytes: 10_000 });
    const start = await a.log.head();
    const sender = new Sender(a);
    for (let index = 0; index < 30; index++) await sender.append([[s], String(index).padEnd(1000)]);
    const page = await a.log.read([s], start);
    equal(page.complete, false);
    ok(page.entries.length <= 10 && page.entries.length > 0, `${page.entries.length} entries are kept`);
    equal(texts(page.entries).at(-1)?.trim(), "29");
  },

  async "entries that are too old go, and a reader who missed them is told"(rig, s) {
    const a = await rig.connect({ maxAge: 100 });
    const start = await a.log.head();
    const sender = new Sender(a);
    await sender.append([[s], "old"]);
    // Time passes in the engine, which takes its own to clean up.
    let page = await a.log.read([s], start);
    while (texts(page.entries).includes("old")) {
      await new Promise((resolve) => setTimeout(resolve, 50));
      await sender.append([[s], "new"]);
      page = await a.log.read([s], start);
    }
    equal(page.complete, false);
  },

  async "an interruption is reported, refuses what is appended, and loses nothing that was"(rig, s) {
    if (!rig.interrupt) return;
    const [a, b] = [await rig.connect(), await rig.connect()];
    const follower = new Follower();
    await b.log.subscribe(s, follower.take);
    const start = await a.log.head();
    const sender = new Sender(a);
    await sender.again(1, [[s], "before"]);
    await follower.count(1);
    const [seenByA, seenByB] = [watch(a), watch(b)];
    const restore = await rig.interrupt();
    await Promise.all([seenByA("down"), seenByB("down")]);
    await rejects(sender.again(2, [[s], "after"]));
    await restore();
    await Promise.all([seenByA("up"), seenByB("up")]);
    await sender.again(2, [[s], "after"]);
    await follower.count(2);
    const page = await b.log.read([s], start);
    same(
      [follower.texts, texts(page.entries), page.complete],
      [["before", "after"], ["before", "after"], true],
    );
    same(
      follower.positions,
      page.entries.map(({ position }) => position),
    );
  },

  async "a record is written by its owner alone, until another one seizes it"(rig, key) {
    const [a, b] = [(await rig.connect()).store, (await rig.connect()).store];
    equal(await b.seize(key, "b"), undefined);
    equal(await a.hold(key, "a", bytes("1"), 60_000), true);
    equal(await a.hold(key, "a", Uint8Array.of(0, 255), 60_000), true);
    equal(await b.hold(key, "b", bytes("no"), 60_000), false);
    await b.release(key, "b");
    same([...((await b.seize(key, "b")) ?? [])], [0, 255]);
    equal(await a.hold(key, "a", bytes("no"), 60_000), false);
    await a.release(key, "a");
    equal(await b.hold(key, "b", bytes("2"), 60_000), true);
    equal(Buffer.from((await a.seize(key, "b")) ?? []).toString(), "2");
    await b.release(key, "b");
    equal(await a.seize(key, "a"), undefined);
  },

  async "a value is added once, and whoever comes later is told what is there"(rig, key) {
    const [a, b] = [(await rig.connect()).store, (await rig.connect()).store];
    const found = await Promise.all(
      [a, b, a, b].map((store, index) => store.add(key, bytes(String(index)), 60_000)),
    );
    const winners = found.flatMap((value, index) => (value === undefined ? [String(index)] : []));
    equal(winners.length, 1);
    const told = found.flatMap((value) => (value ? [Buffer.from(value).toString()] : []));
    same(told, Array(3).fill(winners[0]));
  },

  async "records are forgotten when their time is over"(rig, key) {
    const { store } = await rig.connect();
    await store.hold(`${key}.held`, "a", bytes("1"), 40);
    await store.add(`${key}.added`, bytes("1"), 40);
    await store.hold(`${key}.kept`, "a", bytes("1"), 40);
    await store.hold(`${key}.kept`, "a", bytes("1"), 60_000);
    // Time passes in the engine.
    await new Promise((resolve) => setTimeout(resolve, 80));
    equal(await store.seize(`${key}.held`, "a"), undefined);
    equal(await store.add(`${key}.added`, bytes("2"), 60_000), undefined);
    ok(await store.seize(`${key}.kept`, "a"));
  },
};

/** Lets a test wait for a state that the bus reports. */
function watch({ bus }: DurableBus): (state: BusState) => Promise<void> {
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
