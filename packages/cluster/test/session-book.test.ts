/** What the store does not have of a session, because the engine was away or slow, is not lost with the connection. */
import { once } from "node:events";
import { cluster } from "@sockeye/cluster";
import { type MemoryBus, MemoryEngine } from "@sockeye/cluster/testing";
import { FakeClock } from "@sockeye/core/testing";
import type { Socket } from "@sockeye/server";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { settle } from "./cluster.ts";
import { Node, Traveller } from "./recovery.ts";

let engine: MemoryEngine;
let clock: FakeClock;
let nodes: Node[];
let travellers: Traveller[];
let a: Node;
let b: Node;

beforeEach(async () => {
  clock = new FakeClock();
  engine = new MemoryEngine({}, clock);
  nodes = [];
  travellers = [];
  [a, b] = [await start(), await start()];
});

afterEach(async () => {
  for (const traveller of travellers) traveller.end();
  for (const node of nodes) busOf(node).mend();
  await Promise.all(nodes.map(({ io }) => io.close()));
});

async function start(): Promise<Node> {
  const durable = engine.connect();
  const node = await Node.start(durable, { adapter: cluster(durable, { clock }) });
  nodes.push(node);
  for (const { adapter } of nodes)
    while (adapter.clusterState.servers < nodes.length) await once(adapter, "cluster_state");
  return node;
}

const busOf = ({ durable }: Node): MemoryBus => durable.bus as MemoryBus;

/** Time passes in steps, so that signs of life arrive in between. */
async function pass(milliseconds: number): Promise<void> {
  for (let left = milliseconds; left > 0; left -= 500) {
    clock.advance(Math.min(500, left));
    await settle();
  }
}

async function arrive(traveller: Traveller, node: Node): Promise<Socket> {
  const connected = once(node.io, "connection");
  await traveller.arrive(node);
  return ((await connected) as [Socket])[0];
}

async function enter(node: Node): Promise<[Traveller, Socket]> {
  const traveller = new Traveller(node);
  travellers.push(traveller);
  return [traveller, await arrive(traveller, node)];
}

async function lose(traveller: Traveller, socket: Socket): Promise<void> {
  const gone = once(socket, "disconnect");
  await traveller.lose();
  await gone;
}

/** The process is gone without a word. */
function kill(node: Node): void {
  busOf(node).vanish();
  engine.connections.delete(node.durable.log as never);
}

/** What a server finds of a session whose own server was killed: it asks that one in vain. */
async function found(node: Node, socket: Socket): Promise<string | undefined> {
  const { pid } = socket as unknown as { pid: string };
  const session = node.adapter.restoreSession(pid, undefined);
  await pass(2_000);
  return (await session)?.sid;
}

/** What an engine answers that is busy. */
const refused = (): Promise<never> => Promise.reject(new Error("busy"));

/** What a client knows of its session. */
function knowledgeOf({ socket }: Traveller): object {
  const { _pid, _lastOffset } = socket as unknown as Record<string, unknown>;
  return { _pid, _lastOffset };
}

/** Another connection of a client whose server believes in the first one. */
function twin(node: Node, knowledge: object): Traveller {
  const traveller = new Traveller(node);
  travellers.push(traveller);
  Object.assign(traveller.socket, knowledge);
  return traveller;
}

describe("a client that connects while the engine is away", () => {
  test("comes back to the same server when the engine does", async () => {
    busOf(a).cut();
    const [client, socket] = await enter(a);
    await lose(client, socket);
    busOf(a).mend();
    const again = await arrive(client, a);
    expect([again.recovered, again.id]).toEqual([true, socket.id]);
  });

  test("is away for a while before the engine is back, and continues on another server", async () => {
    for (const node of nodes) busOf(node).cut();
    const [client, socket] = await enter(a);
    socket.data = { name: "Ada" };
    await lose(client, socket);
    await pass(60_000);
    for (const node of nodes) busOf(node).mend();
    const again = await arrive(client, b);
    expect([again.recovered, again.id, again.data]).toEqual([true, socket.id, { name: "Ada" }]);
  });

  test("moves to a server that finds the engine earlier than its own", async () => {
    for (const node of nodes) busOf(node).cut();
    const [client, socket] = await enter(a);
    busOf(b).mend();
    const left = once(socket, "disconnect");
    const arrived = arrive(twin(b, knowledgeOf(client)), b);
    await pass(1_500);
    busOf(a).mend();
    const again = await arrived;
    await left;
    expect([again.recovered, again.id]).toEqual([true, socket.id]);
    await settle();
    kill(b);
    expect(await found(a, again)).toBe(socket.id);
  });

  test("is written down as soon as the engine is back: its server may be killed then", async () => {
    for (const node of nodes) busOf(node).cut();
    const [, socket] = await enter(a);
    for (const node of nodes) busOf(node).mend();
    await settle();
    kill(a);
    expect(await found(b, socket)).toBe(socket.id);
  });
});

test("an engine that was away for longer than it keeps sessions has those of connected clients at once", async () => {
  const [, socket] = await enter(a);
  await settle();
  for (const node of nodes) busOf(node).cut();
  await pass(300_000);
  for (const node of nodes) busOf(node).mend();
  await settle();
  kill(a);
  expect(await found(b, socket)).toBe(socket.id);
});

test("of two writes of a session the later one counts, whichever the engine has carried out first", async () => {
  const { store } = a.durable;
  const hold = store.hold.bind(store);
  let release = (): void => {};
  const slow = new Promise<void>((resolve) => {
    release = resolve;
  });
  let writes = 0;
  store.hold = async (...args) => {
    if (++writes === 1) await slow;
    return hold(...args);
  };
  const [client, socket] = await enter(a);
  await settle();
  socket.data = { last: "words" };
  await lose(client, socket);
  await settle();
  release();
  await settle();
  expect((await arrive(client, b)).data).toEqual({ last: "words" });
});

test("last words that come too late for the store are told to whoever has taken the session over", async () => {
  const [client, socket] = await enter(a);
  await settle();
  const { store } = a.durable;
  const { store: other } = b.durable;
  const hold = store.hold.bind(store);
  const seize = other.seize.bind(other);
  let seized = (): void => {};
  const taken = new Promise<void>((resolve) => {
    seized = resolve;
  });
  store.hold = async (...args) => {
    await taken;
    return hold(...args);
  };
  other.seize = async (...args) => {
    const value = await seize(...args);
    seized();
    await settle();
    return value;
  };
  socket.data = { last: "words" };
  await lose(client, socket);
  expect((await arrive(client, b)).data).toEqual({ last: "words" });
});

test("what a server has written is not overwritten by the late words of an earlier one that its client has tried meanwhile", async () => {
  const [client, socket] = await enter(a);
  await settle();
  const { store } = a.durable;
  const { hold, seize } = store;
  store.hold = refused;
  socket.data = { cart: 1 };
  await lose(client, socket);
  const there = await arrive(client, b);
  there.data = { cart: 2 };
  await pass(5_000);
  // It takes the session, does not hear of that, and has a minute to write what it knows.
  let seized = (): void => {};
  const taken = new Promise<void>((resolve) => {
    seized = resolve;
  });
  store.seize = async (...args) => {
    await seize.apply(store, args);
    seized();
    return new Promise(() => {});
  };
  void a.adapter.restoreSession((socket as unknown as { pid: string }).pid, undefined);
  await taken;
  store.hold = hold;
  await pass(1_000);
  await lose(client, there);
  const again = await arrive(client, b);
  expect([again.recovered, again.data]).toEqual([true, { cart: 2 }]);
});

test("the server that had a session last is asked for it, also if it has written nothing since its client was let in", async () => {
  const [client, socket] = await enter(a);
  await settle();
  a.durable.store.hold = refused;
  socket.data = { cart: 1 };
  await lose(client, socket);
  busOf(a).cut();
  b.io.once("connection", () => {
    b.durable.store.hold = refused;
  });
  const arrived = arrive(client, b);
  await pass(1_500);
  const there = await arrived;
  there.data = { cart: 2 };
  await lose(client, there);
  busOf(a).mend();
  await pass(1_500);
  Reflect.deleteProperty(b.durable.store, "hold");
  const again = await arrive(client, b);
  expect([again.recovered, again.data]).toEqual([true, { cart: 2 }]);
});

test("a client's own word counts for more than what its server believes that it has received", async () => {
  const [client, socket] = await enter(a);
  b.io.emit("n", 1);
  await client.until("n");
  const before = knowledgeOf(client);
  b.io.emit("m", 2);
  await client.until("m");
  // A server that was suspended finds the time over, and not yet that the connection is dead.
  await pass(90_000);
  const left = once(socket, "disconnect");
  const returned = twin(b, before);
  const again = await arrive(returned, b);
  await left;
  again.emit("end");
  expect(await returned.until("end")).toEqual([["m", 2], ["end"]]);
});

test.each([
  ["a bigint", { n: 1n }],
  ["a circle", circle()],
])("data that cannot be written harms no server: the session goes on without it (%s)", async (_, data) => {
  const [client, socket] = await enter(a);
  socket.data = data;
  await socket.join("room");
  await pass(60_000);
  await lose(client, socket);
  const again = await arrive(client, b);
  expect([again.recovered, again.id, [...again.rooms]]).toEqual([true, socket.id, [socket.id, "room"]]);
  expect(again.data ?? {}).toEqual({});
});

function circle(): object {
  const circle: { self?: object } = {};
  circle.self = circle;
  return circle;
}
