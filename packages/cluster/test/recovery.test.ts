/** A client continues on any server where it was: what it missed, once, in order, with its rooms and data. */
import { once } from "node:events";
import { cluster, Emitter } from "@sockeye/cluster";
import { MemoryEngine, type MemoryLog } from "@sockeye/cluster/testing";
import type { Socket } from "@sockeye/server";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { Gate, settle } from "./cluster.ts";
import { Node, Traveller } from "./recovery.ts";

let engine: MemoryEngine;
let nodes: Node[];
let travellers: Traveller[];

beforeEach(() => {
  engine = new MemoryEngine();
  nodes = [];
  travellers = [];
});

afterEach(async () => {
  for (const traveller of travellers) traveller.end();
  for (const { durable } of nodes) (durable.bus as { mend?(): void }).mend?.();
  await Promise.all(nodes.map(({ io }) => io.close()));
});

async function start(options: object = {}): Promise<Node> {
  const node = await Node.start(engine.connect(), options);
  nodes.push(node);
  for (const { adapter } of nodes)
    while (adapter.clusterState.servers < nodes.length) await once(adapter, "cluster_state");
  return node;
}

/** A client in these rooms. */
async function join(node: Node, ...rooms: string[]): Promise<[Traveller, Socket]> {
  const traveller = new Traveller(node);
  travellers.push(traveller);
  const connected = once(node.io, "connection");
  await traveller.arrive(node);
  const [socket] = (await connected) as [Socket];
  await socket.join(rooms);
  return [traveller, socket];
}

const gone = async (socket: Socket): Promise<void> => {
  await once(socket, "disconnect");
};

async function comeBack(traveller: Traveller, node: Node): Promise<Socket> {
  const connected = once(node.io, "connection");
  await traveller.arrive(node);
  return ((await connected) as [Socket])[0];
}

test("what it missed comes on another server, once, in order, with its rooms and data", async () => {
  const [a, b] = [await start(), await start()];
  const [client, socket] = await join(a, "room", "other");
  socket.data = { name: "Ada" };
  const { id } = client.socket;
  b.io.to("room").emit("n", 1);
  await client.until("n");
  const left = gone(socket);
  await client.lose();
  await left;
  b.io.to("room").emit("n", 2);
  a.io.emit("n", 3);
  b.io.to("elsewhere").emit("n", "not mine");
  a.io.to(["room", "other"]).emit("n", 4, Buffer.from([1, 2]));
  b.io.except("room").emit("n", "not mine");
  b.io.volatile.to("room").emit("n", "volatile");
  const again = await comeBack(client, b);
  expect([client.socket.recovered, client.socket.id, again.recovered]).toEqual([true, id, true]);
  expect([again.data, [...again.rooms].sort()]).toEqual([{ name: "Ada" }, [id, "other", "room"].sort()]);
  a.io.to("other").emit("n", 5);
  again.emit("end");
  expect(await client.until("end")).toEqual([
    ["n", 1],
    ["n", 2],
    ["n", 3],
    ["n", 4, Buffer.from([1, 2])],
    ["n", 5],
    ["end"],
  ]);
});

test("its server was killed without a word, and it has received nothing yet", async () => {
  const [a, b] = [await start(), await start()];
  const [client, socket] = await join(a, "room");
  socket.data.cart = 7;
  await socket.join("late");
  (a.durable.bus as unknown as { vanish(): void }).vanish();
  engine.connections.delete(a.durable.log as never);
  await client.lose();
  b.io.to("late").emit("n", 1);
  b.io.in(socket.id).emit("n", 2);
  const again = await comeBack(client, b);
  expect(again.recovered).toBe(true);
  expect([again.data, again.rooms.has("late")]).toEqual([{ cart: 7 }, true]);
  again.emit("end");
  expect(await client.until("end")).toEqual([["n", 1], ["n", 2], ["end"]]);
});

test("its server still believes in the connection: it lets go, and both tell the same rooms", async () => {
  const [a, b] = [await start(), await start()];
  const [client, socket] = await join(a, "room");
  // The client comes by another connection, and the server has not heard of the end of the first.
  const left = gone(socket);
  socket.data.unseen = "until asked";
  const twin = new Traveller(b);
  travellers.push(twin);
  Object.assign(twin.socket, {
    _pid: (client.socket as unknown as { _pid: string })._pid,
    _lastOffset: (client.socket as unknown as { _lastOffset: string })._lastOffset,
  });
  const again = await comeBack(twin, b);
  await left;
  expect(again.recovered).toBe(true);
  expect([again.id, again.data, again.rooms.has("room")]).toEqual([
    socket.id,
    { unseen: "until asked" },
    true,
  ]);
  expect(a.io.of("/").sockets.size).toBe(0);
});

test("rooms that it left or joined count for what was sent before and after", async () => {
  const [a, b] = [await start(), await start()];
  const [client, socket] = await join(a, "first");
  b.io.to("second").emit("n", "before it joined");
  a.io.to("first").emit("n", 1);
  await client.until("n");
  await socket.join("second");
  const left = gone(socket);
  await client.lose();
  await left;
  b.io.to("second").emit("n", 2);
  const again = await comeBack(client, b);
  await again.leave("first");
  a.io.to("first").emit("n", "after it left");
  again.emit("end");
  expect(await client.until("end")).toEqual([["n", 1], ["n", 2], ["end"]]);
});

test("what is sent while it is admitted comes after what it missed", async () => {
  const [a, b] = [await start(), await start()];
  const [client, socket] = await join(a, "room");
  const left = gone(socket);
  await client.lose();
  await left;
  a.io.to("room").emit("n", 1);
  b.io.use(async (_, next) => {
    a.io.to("room").emit("n", 2);
    await (a.adapter.broadcast({ type: 2, data: ["n", 3] }, { rooms: new Set(["room"]) }) as Promise<void>);
    next();
  });
  const again = await comeBack(client, b);
  again.emit("end");
  expect(await client.until("end")).toEqual([["n", 1], ["n", 2], ["n", 3], ["end"]]);
});

test("an emitter's broadcasts are kept too", async () => {
  const [a, b] = [await start(), await start()];
  const [client, socket] = await join(a, "room");
  const left = gone(socket);
  await client.lose();
  await left;
  const emitter = new Emitter(engine.connect());
  emitter.to("room").emit("n", 1);
  await emitter.close();
  const again = await comeBack(client, b);
  again.emit("end");
  expect(await client.until("end")).toEqual([["n", 1], ["end"]]);
});

test("a client that leaves of its own accord cannot come back", async () => {
  const [a, b] = [await start(), await start()];
  const [client, socket] = await join(a, "room");
  const pid = (client.socket as unknown as { _pid: string })._pid;
  const left = gone(socket);
  client.socket.disconnect();
  await left;
  const reasons: unknown[] = [];
  b.adapter.on("recovery_failed", (reason) => reasons.push(reason));
  expect(await b.adapter.restoreSession(pid, undefined)).toBe(null);
  expect(await b.adapter.restoreSession("../made up", "x")).toBe(null);
  expect(reasons).toEqual(["unknown", "unknown"]);
});

test("where the log does not reach back any longer, it begins anew and the reason is told", async () => {
  engine = new MemoryEngine({ maxEntries: 3 });
  const [a, b] = [await start(), await start()];
  const [client, socket] = await join(a, "room");
  const left = gone(socket);
  await client.lose();
  await left;
  for (let n = 0; n < 5; n++) a.io.to("room").emit("n", n);
  const reason = once(b.adapter, "recovery_failed");
  const again = await comeBack(client, b);
  expect(await reason).toEqual(["trimmed", expect.any(String)]);
  expect([again.recovered, client.socket.recovered, again.id === socket.id]).toEqual([false, false, false]);
  expect([again.recoveryFailure, socket.recoveryFailure]).toEqual(["trimmed", undefined]);
});

test("an attempt that the client has given up, from where the log does not reach back to, does not end its session", async () => {
  engine = new MemoryEngine({ maxEntries: 2 });
  const [a, b] = [await start(), await start()];
  const [client, socket] = await join(a);
  a.io.emit("n", 0);
  await client.until("n");
  const { _pid, _lastOffset } = client.socket as unknown as { _pid: string; _lastOffset: string };
  for (let n = 1; n <= 4; n++) a.io.emit("n", n);
  a.io.emit("end");
  await client.until("end");
  const left = gone(socket);
  await client.lose();
  await left;
  expect(await b.adapter.restoreSession(_pid, _lastOffset)).toBe(null);
  expect((await comeBack(client, a)).recovered).toBe(true);
});

test("of two attempts to continue a session at the same time the later one has it, and keeps it", async () => {
  const [a, b] = [await start(), await start()];
  const [client, socket] = await join(a, "room");
  const { pid } = socket as unknown as { pid: string };
  const left = gone(socket);
  await client.lose();
  await left;
  const bus = b.durable.bus as unknown as { cut(): void; mend(): void };
  bus.cut();
  const attempts = [1, 2].map(() => b.adapter.restoreSession(pid, undefined));
  bus.mend();
  expect((await Promise.all(attempts)).map((session) => session?.sid)).toEqual([undefined, socket.id]);
  expect((await a.adapter.restoreSession(pid, undefined))?.sid).toBe(socket.id);
});

test("a recovery costs what was missed, however much the cluster has said", async () => {
  const [a, b] = [await start(), await start()];
  const [client, socket] = await join(a, "room");
  const left = gone(socket);
  await client.lose();
  await left;
  for (let n = 0; n < 5_000; n++) a.io.to(`room ${n % 100}`).emit("n", n);
  await (a.adapter.broadcast({ type: 2, data: ["n"] }, { rooms: new Set(["room"]) }) as Promise<void>);
  engine.visited = 0;
  const again = await comeBack(client, b);
  expect([again.recovered, engine.visited]).toEqual([true, 1]);
});

test("servers that were cut off from the bus hand on what they missed, in order, and nothing twice", async () => {
  const [a, b] = [await start(), await start()];
  const [here, socket] = await join(a, "room");
  const [there] = await join(b, "room");
  const cut = a.durable.bus as unknown as { cut(): void; mend(): void };
  b.io.to("room").emit("n", 1);
  await here.until("n");
  cut.cut();
  a.io.to("room").emit("n", "kept");
  b.io.to("room").emit("n", 2);
  await (b.adapter.broadcast({ type: 2, data: ["n", 3] }, { rooms: new Set(["room"]) }) as Promise<void>);
  cut.mend();
  await (a.adapter.broadcast({ type: 2, data: ["end"] }, { rooms: new Set(["room"]) }) as Promise<void>);
  // Who is on the server that said it need not wait for the log.
  expect(await here.until("end")).toEqual([["n", 1], ["n", "kept"], ["n", 2], ["n", 3], ["end"]]);
  expect(await there.until("end")).toEqual([["n", 1], ["n", 2], ["n", 3], ["n", "kept"], ["end"]]);
  expect(socket.connected).toBe(true);
});

/** What a server hears of the log from now on waits until that is called. */
function deaf({ durable }: Node): () => void {
  const log = durable.log as MemoryLog;
  const { deliver } = log;
  const kept: Array<Parameters<typeof deliver>> = [];
  log.deliver = (...entry) => void kept.push(entry);
  return () => {
    log.deliver = deliver;
    for (const entry of kept) log.deliver(...entry);
  };
}

test("who is disconnected has once what it was sent when it came back, and its server has not heard yet", async () => {
  const [a, b] = [await start(), await start()];
  const [client, socket] = await join(b, "room");
  await join(a, "room");
  const left = gone(socket);
  await client.lose();
  await left;
  const listen = deaf(a);
  await (a.adapter.broadcast({ type: 2, data: ["n", 1] }, { rooms: new Set(["room"]) }) as Promise<void>);
  const again = await comeBack(client, a);
  a.io.to("room").emit("n", 2);
  const ended = client.ended();
  again.disconnect();
  await ended;
  expect([again.recovered, client.events]).toEqual([
    true,
    [
      ["n", 1],
      ["n", 2],
    ],
  ]);
  listen();
});

test("what went to the log while nobody here was in its room any longer is not sent again, however short the log", async () => {
  engine = new MemoryEngine({ maxEntries: 3 });
  const durable = engine.connect();
  const unfollowed = new Gate();
  const subscribe = durable.log.subscribe.bind(durable.log);
  durable.log.subscribe = async (...args) => {
    const undo = await subscribe(...args);
    return () => {
      undo();
      unfollowed.open();
    };
  };
  const a = await Node.start(durable, { adapter: cluster(durable, { linger: 0 }) });
  nodes.push(a);
  const b = await start();
  const [here, sender] = await join(a, "room");
  const [client, socket] = await join(b, "room");
  durable.bus.cut();
  a.io.to("room").emit("n", 1);
  await here.until("n");
  await sender.leave("room");
  await unfollowed.opened;
  durable.bus.mend();
  await client.until("n");
  for (let n = 0; n < 3; n++) b.io.to("elsewhere").emit("n", n);
  b.io.to("room").emit("last");
  await client.until("last");
  const left = gone(socket);
  await client.lose();
  await left;
  const again = await comeBack(client, a);
  expect(again.recovered).toBe(true);
  again.emit("end");
  expect(await client.until("end")).toEqual([["n", 1], ["last"], ["end"]]);
});

test("a server that has only just started finds sessions of servers that it does not know yet", async () => {
  const a = await start();
  const { store } = a.durable;
  store.hold = () => Promise.reject(new Error("refused"));
  const [client, socket] = await join(a, "room");
  const left = gone(socket);
  await client.lose();
  await left;
  const durable = engine.connect();
  const asked = new Gate();
  const [head, seize] = [durable.log.head.bind(durable.log), durable.store.seize.bind(durable.store)];
  durable.log.head = () => asked.opened.then(head);
  durable.store.seize = async (...args) => {
    asked.open();
    return seize(...args);
  };
  const b = await Node.start(durable);
  nodes.push(b);
  expect((await comeBack(client, b)).recovered).toBe(true);
});

test("what a server says as it closes comes where its clients come back", async () => {
  const [a, b] = [await start(), await start()];
  const [client] = await join(a, "room");
  const ended = client.ended();
  a.io.to("room").emit("n", 1);
  await Promise.all([a.io.close(), ended]);
  expect((await comeBack(client, b)).recovered).toBe(true);
  b.io.to("room").emit("end");
  expect(await client.until("end")).toEqual([["n", 1], ["end"]]);
});

test("an order to a server that does not hear of the log is obeyed after a second, and what follows it by the bus too", async () => {
  const [a, b] = [await start(), await start()];
  const [client, socket] = await join(b, "room");
  const listen = deaf(b);
  a.io.to("room").emit("n", 1);
  a.io.in("room").socketsLeave("room");
  expect(await a.io.in("room").fetchSockets()).toEqual([]);
  expect([socket.rooms.has("room"), client.events]).toEqual([false, []]);
  listen();
});

test("where nothing has been said lately, orders leave nothing in the log", async () => {
  const [a, b] = [await start(), await start()];
  const [, socket] = await join(b, "room");
  const before = engine.head;
  a.io.in("room").socketsLeave("room");
  expect(await a.io.in("room").fetchSockets()).toEqual([]);
  expect([socket.rooms.has("room"), engine.head]).toEqual([false, before]);
});

test("who comes while something is on its way to the log has nothing of that, here or on the next server", async () => {
  const [a, b] = [await start(), await start()];
  const [stays] = await join(a, "room");
  const listen = deaf(a);
  a.io.emit("n", "said before");
  const [client, socket] = await join(a, "room");
  a.io.emit("n", 1);
  listen();
  await client.until("n");
  const left = gone(socket);
  await client.lose();
  await left;
  expect((await comeBack(client, b)).recovered).toBe(true);
  b.io.emit("end");
  expect(await client.until("end")).toEqual([["n", 1], ["end"]]);
  expect(await stays.until("end")).toEqual([["n", "said before"], ["n", 1], ["end"]]);
});

test("a listener for what goes out may disconnect whom it is for, more than once", async () => {
  const a = await start();
  const [client, socket] = await join(a, "room");
  const ended = client.ended();
  const outgoing: unknown[] = [];
  socket.onAnyOutgoing((...args: unknown[]) => {
    outgoing.push(args);
    socket.disconnect();
  });
  a.io.to("room").emit("n", 1);
  a.io.to("room").emit("n", 2);
  socket.disconnect();
  await ended;
  expect(outgoing).toEqual([
    ["n", 1],
    ["n", 2],
  ]);
});

test("what a server has missed is read again when the engine refuses that at first", async () => {
  const [a, b] = [await start(), await start()];
  const [here] = await join(a, "room");
  const [there] = await join(b, "room");
  const { bus, log } = a.durable as unknown as { bus: { cut(): void; mend(): void }; log: MemoryLog };
  bus.cut();
  b.io.to("room").emit("n", 1);
  await there.until("n");
  const read = log.read.bind(log);
  log.read = () => {
    log.read = read;
    return Promise.reject(new Error("busy"));
  };
  bus.mend();
  expect(await here.until("n")).toEqual([["n", 1]]);
});

test.each([
  ["at once", false],
  ["late", true],
])(
  "what is said to a room that is new while it is read what was missed comes in order, also %s",
  async (_, isLate) => {
    const [a, b] = [await start(), await start()];
    const [client, socket] = await join(a);
    const { bus, log } = a.durable as unknown as { bus: { cut(): void; mend(): void }; log: MemoryLog };
    const read = log.read.bind(log);
    const [asked, answered] = [new Gate(), new Gate()];
    log.read = async (...args) => {
      asked.open();
      await answered.opened;
      return read(...args);
    };
    bus.cut();
    bus.mend();
    await asked.opened;
    const deliver = log.deliver.bind(log);
    const late: Array<() => void> = [];
    if (isLate) log.deliver = (...args) => void late.push(() => deliver(...args));
    void socket.join("room");
    await settle();
    await a.adapter.broadcast({ type: 2, data: ["n", 1] }, { rooms: new Set(["room"]) });
    await b.adapter.broadcast({ type: 2, data: ["end"] }, { rooms: new Set() });
    answered.open();
    await settle();
    for (const comes of late) comes();
    expect(await client.until("end")).toEqual([["n", 1], ["end"]]);
  },
);

test("who comes to a server that has only just begun to follow what is for all misses nothing of that", async () => {
  const a = await start();
  const [client] = await join(a);
  const [witness] = await join(a);
  await client.lose();
  const durable = engine.connect();
  const subscribe = durable.log.subscribe.bind(durable.log);
  let follow = (): void => {};
  const followed = new Promise<void>((resolve) => {
    follow = resolve;
  });
  const say = async (): Promise<void> => {
    a.io.emit("n", 1);
    await witness.until("n");
    follow();
  };
  let isFirst = true;
  durable.log.subscribe = async (...args) => {
    const isNamespace = isFirst;
    isFirst = false;
    if (isNamespace) await followed;
    const undo = await subscribe(...args);
    // Its own room is followed: if that is all, what it has missed is read before it is said.
    if (!isNamespace) setImmediate(say);
    return undo;
  };
  const b = await Node.start(durable);
  nodes.push(b);
  expect((await comeBack(client, b)).recovered).toBe(true);
  expect(await client.until("n")).toEqual([["n", 1]]);
});

test("what a server says as soon as it knows of another one reaches the clients that this one has already", async () => {
  const a = await start();
  const durable = engine.connect();
  const subscribe = durable.log.subscribe.bind(durable.log);
  const [asked, followed] = [new Gate(), new Gate()];
  durable.log.subscribe = async (...args) => {
    asked.open();
    await followed.opened;
    return subscribe(...args);
  };
  const b = await Node.start(durable);
  nodes.push(b);
  a.adapter.on("cluster_state", ({ servers }) => {
    if (servers === 2) a.io.emit("n", 1);
  });
  const client = new Traveller(b);
  travellers.push(client);
  await client.arrive(b);
  await asked.opened;
  // Were it known of by now, it would miss what is said.
  await settle();
  followed.open();
  expect(await client.until("n")).toEqual([["n", 1]]);
});

test("what a server has said to a client before it reached the log comes where that goes on", async () => {
  const a = await start();
  const durable = engine.connect();
  const { head, subscribe } = durable.log;
  const [answered, asked, followed] = [new Gate(), new Gate(), new Gate()];
  durable.log.head = async () => {
    await answered.opened;
    return head.call(durable.log);
  };
  durable.log.subscribe = async (...args) => {
    asked.open();
    await followed.opened;
    return subscribe.apply(durable.log, args);
  };
  const b = await Node.start(durable);
  nodes.push(b);
  const client = new Traveller(b);
  travellers.push(client);
  await client.arrive(b);
  const said = b.adapter.broadcast({ type: 2, data: ["n", 1] }, { rooms: new Set() });
  answered.open();
  await asked.opened;
  await settle();
  await client.lose();
  followed.open();
  await said;
  expect((await comeBack(client, a)).recovered).toBe(true);
  a.io.emit("end");
  expect(await client.until("end")).toEqual([["n", 1], ["end"]]);
});

test("what is said before it is known where the log is comes after that", async () => {
  const durable = engine.connect();
  const { head } = durable.log;
  const answered = new Gate();
  durable.log.head = async () => {
    const position = await head.call(durable.log);
    await answered.opened;
    return position;
  };
  const node = await Node.start(durable);
  nodes.push(node);
  const before = engine.head;
  const said = node.adapter.broadcast({ type: 2, data: ["n", 1] }, { rooms: new Set(["room"]) });
  await settle();
  expect(engine.head).toBe(before);
  answered.open();
  await said;
  expect(engine.head).toBe(before + 1);
});

test("what it left behind is not overtaken by the answer of a store that looked before it was written down", async () => {
  const a = await start();
  const [client, socket] = await join(a);
  const { store } = a.durable;
  const hold = store.hold.bind(store);
  const seize = store.seize.bind(store);
  let written = (): void => {};
  const isWritten = new Promise<void>((resolve) => {
    written = resolve;
  });
  let look = (): void => {};
  const hasLooked = new Promise<void>((resolve) => {
    look = resolve;
  });
  store.hold = async (...args) => {
    await hasLooked;
    const held = await hold(...args);
    setImmediate(written);
    return held;
  };
  store.seize = async (...args) => {
    const seized = await seize(...args);
    look();
    await isWritten;
    return seized;
  };
  socket.data = { cart: 7 };
  const left = gone(socket);
  await client.lose();
  await left;
  const again = await comeBack(client, a);
  expect([again.recovered, again.data]).toEqual([true, { cart: 7 }]);
});

describe("while the log cannot be reached", () => {
  const busOf = (node: Node): { cut(): void; mend(): void } =>
    node.durable.bus as unknown as { cut(): void; mend(): void };
  const logged = ({ adapter }: Node, ...data: unknown[]): Promise<void> =>
    adapter.broadcast({ type: 2, data }, { rooms: new Set(["room"]) }) as Promise<void>;

  test("what waits for it, and all that follows, reaches the clients here at once, in order", async () => {
    const a = await start();
    const [client] = await join(a, "room");
    const append = a.durable.log.append.bind(a.durable.log);
    let taken = (): void => {};
    // It is in the log, and the answer gets lost on the way.
    a.durable.log.append = async (batch) => {
      await append(batch);
      await new Promise<void>((_, reject) => {
        taken = () => reject(new Error("connection lost"));
      });
    };
    a.io.to("room").emit("n", 1);
    await client.until("n");
    a.io.to("room").emit("n", 2);
    busOf(a).cut();
    a.io.to("room").emit("n", 3);
    a.io.to("room").emit("early end");
    expect(await client.until("early end")).toEqual([["n", 1], ["n", 2], ["n", 3], ["early end"]]);
    a.durable.log.append = append;
    taken();
    busOf(a).mend();
    await logged(a, "end");
    expect(await client.until("end")).toEqual([["n", 1], ["n", 2], ["n", 3], ["early end"], ["end"]]);
  });

  test("who has gone from a room has what was said to it before, once, also when it moves meanwhile", async () => {
    const [a, b] = [await start(), await start()];
    const [moves, socket] = await join(a, "room", "other");
    const [stays, leaves] = await join(a, "room", "other");
    const [late] = await join(a, "other");
    const append = a.durable.log.append.bind(a.durable.log);
    let refuse = (): void => {};
    a.durable.log.append = () =>
      new Promise((_, reject) => {
        refuse = () => reject(new Error("connection lost"));
      });
    a.io.to("room").emit("n", 1);
    a.io.in("other").socketsLeave("room");
    a.io.to("room").emit("n", "not mine");
    a.io.in("other").socketsJoin("late");
    a.io.to("late").emit("n", 2);
    busOf(a).cut();
    for (const client of [moves, stays]) {
      while (client.events.length < 2) await client.next();
      expect(client.events).toEqual([
        ["n", 1],
        ["n", 2],
      ]);
    }
    const left = gone(socket);
    await moves.lose();
    await left;
    await leaves.leave("late");
    a.io.to("late").emit("n", 3);
    expect((await comeBack(moves, b)).recovered).toBe(true);
    a.durable.log.append = append;
    refuse();
    busOf(a).mend();
    await (a.adapter.broadcast({ type: 2, data: ["end"] }, { rooms: new Set(["other"]) }) as Promise<void>);
    expect(await moves.until("end")).toEqual([["n", 1], ["n", 2], ["n", 3], ["end"]]);
    expect(await stays.until("end")).toEqual([["n", 1], ["n", 2], ["end"]]);
    expect(await late.until("end")).toEqual([["n", 2], ["n", 3], ["end"]]);
  });

  test("so does what a log does not answer to, without being known to be away", async () => {
    const a = await start();
    const [client] = await join(a, "room");
    a.durable.log.append = () => new Promise(() => {});
    a.io.to("room").emit("n", 1);
    expect(await client.until("n")).toEqual([["n", 1]]);
    a.io.to("room").emit("end");
    expect(await client.until("end")).toEqual([["n", 1], ["end"]]);
    a.durable.log.append = () => Promise.reject(new Error("away"));
  });

  test("who had it here is not sent it again on another server, and is sent what it has missed", async () => {
    const [a, b] = [await start(), await start()];
    const [client, socket] = await join(a, "room");
    const [other] = await join(b, "room");
    busOf(a).cut();
    a.io.to("room").emit("n", 1);
    await client.until("n");
    const left = gone(socket);
    await client.lose();
    await left;
    a.io.to("room").emit("n", 2);
    const again = await comeBack(client, b);
    expect([again.recovered, again.id]).toEqual([true, socket.id]);
    await logged(b, "from b");
    busOf(a).mend();
    await logged(a, "end");
    expect(await client.until("end")).toEqual([["n", 1], ["from b"], ["n", 2], ["end"]]);
    expect(await other.until("end")).toEqual([["from b"], ["n", 1], ["n", 2], ["end"]]);
  });

  test("nor on the next one after that", async () => {
    const [a, b, c] = [await start(), await start(), await start()];
    const [client, socket] = await join(a, "room");
    busOf(a).cut();
    a.io.to("room").emit("n", 1);
    await client.until("n");
    let left = gone(socket);
    await client.lose();
    await left;
    const between = await comeBack(client, b);
    await logged(b, "from b");
    await client.until("from b");
    left = gone(between);
    await client.lose();
    await left;
    busOf(a).mend();
    await logged(a, "n", 2);
    const again = await comeBack(client, c);
    expect(again.recovered).toBe(true);
    await logged(c, "end");
    expect(await client.until("end")).toEqual([["n", 1], ["from b"], ["n", 2], ["end"]]);
  });

  test("who comes back when it is in the log has the rest from there, on this server too", async () => {
    const [a, b] = [await start(), await start()];
    const travellers = [await join(a, "room"), await join(a, "room")];
    busOf(a).cut();
    a.io.to("room").emit("n", 1);
    for (const [client, socket] of travellers) {
      await client.until("n");
      const left = gone(socket);
      await client.lose();
      await left;
    }
    a.io.to("room").emit("n", 2);
    busOf(a).mend();
    await logged(a, "n", 3);
    for (const [index, [client]] of travellers.entries()) {
      expect((await comeBack(client, [a, b][index] as Node)).recovered).toBe(true);
    }
    await logged(b, "end");
    for (const [client] of travellers) {
      expect(await client.until("end")).toEqual([["n", 1], ["n", 2], ["n", 3], ["end"]]);
    }
  });

  test("who was away when too much waited begins anew: what was dropped is nowhere", async () => {
    const durable = engine.connect();
    const timing = { heartbeatInterval: 200, heartbeatTimeout: 2_000 };
    const a = await Node.start(durable, {
      adapter: cluster(durable, { ...timing, maxBufferedBytes: 1_000 }),
    });
    nodes.push(a);
    const b = await start();
    const [client, socket] = await join(b, "room");
    const [stays] = await join(a, "room");
    const left = gone(socket);
    await client.lose();
    await left;
    busOf(a).cut();
    for (let n = 1; n <= 50; n++) a.io.to("room").emit("n", n, "x".repeat(50));
    busOf(a).mend();
    await logged(a, "end");
    expect((await stays.until("end")).length).toBe(51);
    expect(a.adapter.clusterState.counts.dropped).toBeGreaterThan(10);
    const again = await comeBack(client, b);
    expect([again.recovered, again.recoveryFailure]).toEqual([false, "trimmed"]);
  });

  test("who comes to a server has at once what that could not append, before what it says next", async () => {
    const [a, b] = [await start(), await start()];
    const [here] = await join(a, "room");
    const [client, socket] = await join(b, "room");
    const append = a.durable.log.append.bind(a.durable.log);
    let answer = (): void => {};
    const answered = new Promise<void>((resolve) => {
      answer = resolve;
    });
    a.durable.log.append = async (batch) => {
      await answered;
      return append(batch);
    };
    const left = gone(socket);
    await client.lose();
    await left;
    a.io.to("room").emit("n", 1);
    await here.until("n");
    expect((await comeBack(client, a)).recovered).toBe(true);
    a.io.to("room").emit("n", 2);
    a.io.to("room").emit("early end");
    expect(await client.until("early end")).toEqual([["n", 1], ["n", 2], ["early end"]]);
    answer();
    await logged(a, "end");
    expect(await client.until("end")).toEqual([["n", 1], ["n", 2], ["early end"], ["end"]]);
  });

  test("who comes then is told with each event what it has had, and not what is still to follow", async () => {
    const [a, b] = [await start(), await start()];
    const [here] = await join(a, "room");
    const [client, socket] = await join(b, "room");
    const { pid } = socket as unknown as { pid: string };
    const left = gone(socket);
    await client.lose();
    await left;
    await logged(b, "n", 0);
    const append = a.durable.log.append.bind(a.durable.log);
    a.durable.log.append = () => Promise.reject(new Error("away"));
    for (const n of [1, 2]) a.io.to("room").emit("n", n);
    while (here.events.length < 3) await here.next();
    const session = await a.adapter.restoreSession(pid, undefined);
    const marks = session?.missedPackets.map(([, n, offset]) => [n, (offset as string).split("!")[2]]);
    expect(marks).toEqual([
      [0, undefined],
      [1, "1"],
      [2, "2"],
    ]);
    a.durable.log.append = append;
  });

  test("a mark that nobody has given is refused", async () => {
    const a = await start();
    const [client, socket] = await join(a, "room");
    a.io.to("room").emit("end");
    await client.until("end");
    const { pid } = socket as unknown as { pid: string };
    const left = gone(socket);
    await client.lose();
    await left;
    expect(await a.adapter.restoreSession(pid, "~1!x")).toBe(null);
  });
});
