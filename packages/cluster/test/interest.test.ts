/** Who listens to what: rooms by topic, with a while of grace, and a number that is bounded. */
import { FakeNamespace } from "@sockeye/adapter/testing";
import { cluster as createCluster } from "@sockeye/cluster";
import { beforeEach, describe, expect, test } from "vitest";
import { hash, Topics } from "../src/topics.ts";
import { event, Gate, type Member, settle, TestCluster, to } from "./cluster.ts";

let cluster: TestCluster;
let a: Member;

beforeEach(async () => {
  cluster = new TestCluster();
  a = await cluster.join();
});

const namespaceTopic = new Topics("sockeye", 1).namespace("/");

const roomTopics = ({ bus }: Member): string[] => [...bus.topics].filter((topic) => topic.includes(".room"));

describe("a server", () => {
  test("listens to a room from its first member until a while after its last", async () => {
    a.nsp.connect("a1", ["r1"]);
    a.nsp.connect("a2", ["r1"]);
    await settle();
    expect(roomTopics(a)).toHaveLength(3);
    a.nsp.sockets.get("a1")?.disconnect();
    a.nsp.sockets.get("a2")?.leave("r1");
    cluster.clock.advance(4_999);
    await settle();
    expect(roomTopics(a)).toHaveLength(3);
    cluster.clock.advance(1);
    await settle();
    expect(roomTopics(a)).toHaveLength(1);
  });

  test("lets everybody wait for a room who joins it before it is listened to", async () => {
    let confirm = (): void => {};
    const subscribe = a.bus.subscribe.bind(a.bus);
    a.bus.subscribe = async (...args) => {
      await new Promise<void>((resolve) => {
        confirm = resolve;
      });
      return subscribe(...args);
    };
    const joined: string[] = [];
    const joins = ["a1", "a2"].map(async (id) => {
      await a.adapter.addAll(id, new Set(["room"]));
      joined.push(id);
    });
    await settle();
    expect(joined).toEqual([]);
    confirm();
    await Promise.all(joins);
    expect(a.adapter.addAll("a3", new Set(["room"]))).toBe(undefined);
  });

  test("is not known of before it hears what is for all", async () => {
    const bus = cluster.hub.connect();
    const subscribe = bus.subscribe.bind(bus);
    const gate = new Gate();
    bus.subscribe = async (topic, listener) => {
      if (topic === namespaceTopic) await gate.opened;
      return subscribe(topic, listener);
    };
    const joining = createCluster(bus, { clock: cluster.clock })(new FakeNamespace("/")).init();
    // One that comes meanwhile is told nothing either.
    const c = await cluster.join();
    expect([await a.adapter.serverCount(), await c.adapter.serverCount()]).toEqual([2, 2]);
    gate.open();
    await joining;
    await settle();
    expect([await a.adapter.serverCount(), await c.adapter.serverCount()]).toEqual([3, 3]);
  });

  test("has left when it is closed before it is there", async () => {
    const bus = cluster.hub.connect();
    const subscribe = bus.subscribe.bind(bus);
    const gate = new Gate();
    bus.subscribe = async (topic, listener) => {
      await gate.opened;
      return subscribe(topic, listener);
    };
    const adapter = createCluster(bus, { clock: cluster.clock })(new FakeNamespace("/"));
    const joining = adapter.init();
    await adapter.close();
    gate.open();
    await joining;
    await settle();
    expect(await a.adapter.serverCount()).toBe(1);
    await a.adapter.close();
    expect(cluster.clock.pending).toBe(0);
  });

  test("does not subscribe anew when somebody comes and goes", async () => {
    const socket = a.nsp.connect("a1", ["r1"]);
    await settle();
    const before = roomTopics(a);
    for (let n = 0; n < 10; n++) {
      socket.leave("r1");
      cluster.clock.advance(1_000);
      socket.join("r1");
    }
    cluster.clock.advance(60_000);
    await settle();
    expect(roomTopics(a)).toEqual(before);
  });

  test("hears of a room as soon as joining it resolves", async () => {
    const b = await cluster.join();
    const socket = b.nsp.connect("b1");
    await b.adapter.addAll("b1", new Set(["r1"]));
    a.adapter.broadcast(event("hi"), to(["r1"]));
    await settle();
    expect(socket.received).toEqual([["hi"]]);
  });

  test("is not told of rooms of others, nor of namespaces that it does not have", async () => {
    const [b, c] = [await cluster.join(), await cluster.join({}, "/admin")];
    b.nsp.connect("b1", ["r1"]);
    await settle();
    const [deliveredToB, deliveredToC] = [b.bus.delivered, c.bus.delivered];
    for (let n = 0; n < 20; n++) {
      a.adapter.broadcast(event("room"), to(["r1"]));
      a.adapter.broadcast(event("all"), to());
      await settle();
    }
    expect(b.bus.delivered - deliveredToB).toBe(40);
    expect(c.bus.delivered - deliveredToC).toBe(0);
  });

  test("publishes nothing of what is for one of its own sockets alone", async () => {
    const socket = a.nsp.connect("a1");
    const before = a.adapter.clusterState.counts.published;
    a.adapter.broadcast(event("hi"), to(["a1"], { direct: true }));
    a.adapter.broadcast(event("here"), to([], { local: true }));
    await settle();
    expect(socket.received).toEqual([["hi"], ["here"]]);
    expect(a.adapter.clusterState.counts.published).toBe(before);
  });

  test("has its namespaces in one membership, and leaves the cluster with the last of them", async () => {
    const hub = cluster.hub.connect();
    const factory = createCluster(hub, { clock: cluster.clock });
    const main = new FakeNamespace("/");
    const chat = new FakeNamespace("/chat");
    // Namespaces of one server share it.
    Object.assign(chat, { server: main.server });
    const adapters = [main, chat].map((nsp) => Object.assign(nsp, { adapter: factory(nsp) }).adapter);
    await Promise.all(adapters.map((adapter) => adapter.init()));
    await settle();
    expect(await a.adapter.serverCount()).toBe(2);
    await adapters[1]?.close();
    await settle();
    expect(await a.adapter.serverCount()).toBe(2);
    await adapters[0]?.close();
    await settle();
    expect([await a.adapter.serverCount(), [...hub.topics]]).toEqual([1, []]);
    await adapters[1]?.init();
    await settle();
    expect(await a.adapter.serverCount()).toBe(2);
    await adapters[1]?.close();
  });

  test("sends what is said in one turn in one message per topic", async () => {
    const before = a.adapter.clusterState.counts.published;
    for (let n = 0; n < 50; n++) a.adapter.broadcast(event("n", n), to(["r1"]));
    await settle();
    expect(a.adapter.clusterState.counts.published - before).toBe(1);
  });
});

describe("topics", () => {
  const topics = new Topics("p", 65_536);

  test("are plain words, whatever rooms are called", () => {
    for (const room of ["", "*", ">", "a b", "r.1", "\u{1f600}", "x".repeat(10_000)]) {
      expect(topics.room("/", room)).toMatch(/^p\.room65536\.\d{1,5}$/);
    }
    expect(topics.namespace("/anything *>")).toMatch(/^p\.nsp\.[0-9a-z]{1,7}$/);
  });

  test("tell rooms of different namespaces apart, and spread evenly", () => {
    expect(topics.room("/a", "r")).not.toBe(topics.room("/b", "r"));
    const used = new Set(
      Array.from({ length: 10_000 }, (_, index) => hash(`room-${index}`, hash("/")) % 1024),
    );
    expect(used.size).toBe(1024);
  });

  test("of a few rooms are addressed one by one, of many as the namespace", () => {
    expect(topics.route("/", new Set(["a", "b"]))).toEqual([topics.room("/", "a"), topics.room("/", "b")]);
    expect(topics.route("/", new Set(["a", "b", "c", "d", "e"]))).toEqual([topics.namespace("/")]);
    expect(topics.route("/", new Set([]))).toEqual([topics.namespace("/")]);
  });

  test("that cannot work are refused", () => {
    expect(() => new Topics("p", 0)).toThrow(RangeError);
  });
});
