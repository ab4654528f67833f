/** What goes wrong in a cluster stays where it went wrong. */
import { FakeNamespace } from "@sockeye/adapter/testing";
import { type ClusterState, cluster as overBus } from "@sockeye/cluster";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { event, type Member, settle, TestCluster, to } from "./cluster.ts";

let cluster: TestCluster;
let a: Member;
let b: Member;
let c: Member;

beforeEach(async () => {
  cluster = new TestCluster();
  [a, b, c] = [await cluster.join(), await cluster.join(), await cluster.join()];
});

afterEach(async () => {
  await Promise.all([a, b, c].map(({ adapter }) => adapter.close()));
});

/** The process of a server ends without a word. */
const die = ({ bus }: Member): void => bus.vanish();

/** Time passes in steps, so that signs of life arrive in between. */
async function pass(ms: number): Promise<void> {
  for (let left = ms; left > 0; left -= 500) {
    cluster.clock.advance(Math.min(500, left));
    await settle();
  }
}

const states = ({ adapter }: Pick<Member, "adapter">): ClusterState[] => {
  const seen: ClusterState[] = [];
  adapter.on("cluster_state", (state: ClusterState) => seen.push(state));
  return seen;
};

describe("a server that dies", () => {
  test("is noticed by its silence, and reported", async () => {
    const seen = states(a);
    die(c);
    await pass(3_000);
    expect(await a.adapter.serverCount()).toBe(3);
    await pass(1_500);
    expect(await a.adapter.serverCount()).toBe(2);
    expect(seen.map(({ bus, servers }) => [bus, servers])).toEqual([["up", 2]]);
  });

  test("is not waited for by those who look for sockets", async () => {
    b.nsp.connect("b1");
    die(c);
    const found = a.adapter.fetchSockets(to([], { timeout: 60_000 }));
    await pass(4_500);
    expect((await found).map(({ id }) => id)).toEqual(["b1"]);
  });

  test("is not waited for by those who asked the other servers", async () => {
    b.nsp._onServerSideEmit = (args) => (args.at(-1) as (value: string) => void)("b");
    die(c);
    const ack = vi.fn();
    a.adapter.serverSideEmit(["question", ack]);
    await pass(4_500);
    expect(ack.mock.calls).toEqual([[null, ["b"]]]);
  });

  test("takes its clients' acknowledgements along: those that came count, the rest is not waited for", async () => {
    const sockets = ["c1", "c2"].map((id) => c.nsp.connect(id));
    const counts: number[] = [];
    const acks: unknown[] = [];
    a.adapter.broadcastWithAck(
      event("who"),
      to([], { timeout: 60_000 }),
      (count) => counts.push(count),
      (answer) => acks.push(answer),
    );
    await settle();
    sockets[0]?.answer("c1");
    await settle();
    expect([counts, acks]).toEqual([[0, 0], ["c1"]]);
    die(c);
    await pass(4_500);
    // Of this server, of b, and of c as far as it got: the caller has as many answers as it expects.
    expect(counts).toEqual([0, 0, 1]);
  });

  test("that only was slow is counted again", async () => {
    c.bus.cut();
    await pass(5_000);
    expect(await a.adapter.serverCount()).toBe(2);
    c.bus.mend();
    await settle();
    expect([await a.adapter.serverCount(), await c.adapter.serverCount()]).toEqual([3, 3]);
  });
});

describe("a server that lives but does not answer", () => {
  beforeEach(() => {
    b.nsp._onServerSideEmit = () => {};
    c.nsp._onServerSideEmit = (args) => (args.at(-1) as (value: string) => void)("c");
  });

  test("is waited for until the timeout, and missing then", async () => {
    const ack = vi.fn();
    a.adapter.serverSideEmit(["question", ack]);
    await pass(5_000);
    const [[error, answers]] = ack.mock.calls as [[Error, unknown[]]];
    expect(error.message).toBe("timeout reached: only 1 responses received out of 2");
    expect(answers).toEqual(["c"]);
  });

  test("answers once, and not too late", async () => {
    let late = (_value: string): void => {};
    b.nsp._onServerSideEmit = (args) => {
      late = args.at(-1) as typeof late;
    };
    const ack = vi.fn();
    a.adapter.serverSideEmit(["question", ack]);
    await settle();
    late("1");
    late("2");
    await settle();
    late("3");
    await settle();
    expect(ack.mock.calls).toEqual([[null, expect.arrayContaining(["1", "c"])]]);
  });
});

describe("a bus that is down", () => {
  test("is reported, with who is gone, and once when it is back", async () => {
    const seen = states(a);
    a.bus.cut();
    expect(seen.at(-1)).toMatchObject({ bus: "down", servers: 1 });
    a.bus.mend();
    await settle();
    expect(seen.at(-1)).toMatchObject({ bus: "up", servers: 3 });
  });

  test("reaches the application through the main namespace", async () => {
    const told = vi.fn();
    Object.assign(a.nsp, { emitReserved: told });
    a.bus.cut();
    expect(told).toHaveBeenLastCalledWith("cluster_state", expect.objectContaining({ bus: "down" }));
  });

  test("does not make callers wait", async () => {
    a.nsp.connect("a1");
    const pending = a.adapter.fetchSockets(to());
    a.bus.cut();
    expect((await pending).map(({ id }) => id)).toEqual(["a1"]);
    expect((await a.adapter.fetchSockets(to())).map(({ id }) => id)).toEqual(["a1"]);
  });

  test("keeps so many bytes and no more; what is kept arrives in order, the oldest is dropped", async () => {
    const small = await cluster.join({ maxBufferedBytes: 2_000 });
    const socket = b.nsp.connect("b1");
    small.bus.cut();
    for (let n = 0; n < 100; n++) {
      small.adapter.broadcast(event("n", n, "x".repeat(90)), to([["r"], []][n % 2]));
    }
    await settle();
    const { bufferedBytes, dropped } = small.adapter.clusterState.counts;
    expect(bufferedBytes).toBeLessThanOrEqual(2_000);
    expect(dropped).toBeGreaterThan(50);
    small.bus.mend();
    await settle();
    const numbers = socket.received.map((data) => (data as [string, number])[1]);
    expect(numbers.length).toBeGreaterThan(2);
    expect(numbers.at(-1)).toBe(99);
    expect(numbers).toEqual(numbers.toSorted((x, y) => x - y));
    expect(small.adapter.clusterState.counts.bufferedBytes).toBe(0);
    await small.adapter.close();
  });

  test("from the start is reported when the application listens", async () => {
    const bus = cluster.hub.connect();
    bus.cut();
    const nsp = new FakeNamespace();
    const adapter = overBus(bus, { clock: cluster.clock })(nsp);
    nsp.adapter = adapter;
    void adapter.init();
    const seen = states({ adapter });
    cluster.clock.advance(1_000);
    expect(seen).toMatchObject([{ bus: "down", servers: 1 }]);
    bus.mend();
    await settle();
    expect(seen.at(-1)).toMatchObject({ bus: "up", servers: 4 });
    await adapter.close();
  });

  test("keeps nobody from joining: neither those who come meanwhile, nor those who were waiting", async () => {
    b.nsp.connect("b1");
    const waiting = b.adapter.addAll("b1", new Set(["r1"]));
    expect(waiting).toBeInstanceOf(Promise);
    b.bus.cut();
    await waiting;
    await b.adapter.addAll("b1", new Set(["r2"]));
  });

  test("renews what it listens to: a room joined meanwhile is heard", async () => {
    b.bus.cut();
    const socket = b.nsp.connect("b1");
    await b.adapter.addAll("b1", new Set(["r1"]));
    b.bus.mend();
    await settle();
    a.adapter.broadcast(event("hi"), to(["r1"]));
    await settle();
    expect(socket.received).toEqual([["hi"]]);
  });
});

describe("messages that nobody of this kind has sent", () => {
  test("are counted and ignored", async () => {
    const topic = [...a.bus.topics].find((each) => each.endsWith(".all")) as string;
    const socket = a.nsp.connect("a1");
    for (const bytes of ["", "{}", "\xd5\x01", "\xd5\x02\x00", "x".repeat(1000)]) {
      await c.bus.publish(topic, Buffer.from(bytes, "latin1"));
    }
    await settle();
    expect(a.adapter.clusterState.counts.malformed).toBe(5);
    b.adapter.broadcast(event("hi"), to());
    await settle();
    expect(socket.received).toEqual([["hi"]]);
  });
});

test("a node lives through whatever is on the bus: true messages that were changed anywhere", async () => {
  const wire: Array<{ topic: string; bytes: Buffer }> = [];
  const publish = b.bus.publish.bind(b.bus);
  b.bus.publish = (topic, bytes) => {
    wire.push({ topic, bytes: Buffer.from(bytes) });
    return publish(topic, bytes);
  };
  a.nsp.connect("a1", ["r1"]);
  await settle();
  b.nsp._onServerSideEmit = () => {};
  b.adapter.broadcast(event("hi", Buffer.from([1]), { deep: [{}] }), to(["r1"]));
  b.adapter.addSockets(to(["r2"]), ["r3"]);
  b.adapter.serverSideEmit(["ask", () => {}]);
  b.adapter.broadcastWithAck(
    event("who"),
    to([], { timeout: 100 }),
    () => {},
    () => {},
  );
  void b.adapter.fetchSockets(to()).catch(() => {});
  await settle();
  const before = a.adapter.clusterState.counts.malformed;
  for (const { topic, bytes } of wire) {
    for (let at = 0; at < bytes.length; at++) {
      for (const change of [1, 0x80, 0xff]) {
        const changed = Buffer.from(bytes);
        changed[at] = (changed[at] as number) ^ change;
        await c.bus.publish(topic, changed);
      }
    }
  }
  await settle();
  expect(a.adapter.clusterState.counts.malformed).toBeGreaterThan(before);
  const socket = a.nsp.connect("a2");
  c.adapter.broadcast(event("still there"), to());
  await settle();
  expect(socket.received.at(-1)).toEqual(["still there"]);
});

test("an error in a listener surfaces, and the messages after it are still handled", async () => {
  const surfaced: unknown[] = [];
  const others = process.listeners("uncaughtException");
  process.removeAllListeners("uncaughtException");
  process.on("uncaughtException", (error) => surfaced.push(error));
  try {
    b.nsp._onServerSideEmit = () => {
      throw new Error("of the application");
    };
    const socket = b.nsp.connect("b1");
    a.adapter.serverSideEmit(["boom"]);
    a.adapter.broadcast(event("hi"), to());
    await settle();
    expect(socket.received).toEqual([["hi"]]);
    expect(surfaced).toEqual([new Error("of the application")]);
  } finally {
    process.removeAllListeners("uncaughtException");
    for (const listener of others) process.on("uncaughtException", listener);
  }
});

test("closing says goodbye and leaves no timer, no subscription and no request behind", async () => {
  const pending = a.adapter.fetchSockets(to());
  await Promise.all([a, b, c].map(({ adapter }) => adapter.close()));
  await pending;
  await settle();
  expect(cluster.clock.pending).toBe(0);
  expect([a, b, c].flatMap(({ bus }) => [...bus.topics])).toEqual([]);
});
