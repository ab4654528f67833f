/** What a cluster must do over every bus: Socket.IO's adapter contract, on several servers as on one. */
import { strictEqual as equal, ok, deepStrictEqual as same } from "node:assert/strict";
import { once } from "node:events";
import type { AdapterPacket, BroadcastFlags, BroadcastOptions } from "@sockeye/adapter";
import { FakeNamespace, type FakeSocket } from "@sockeye/adapter/testing";
import { cluster } from "../cluster.ts";
import type { ClusterAdapter } from "../cluster-adapter.ts";
import { Emitter } from "../emitter.ts";
import type { BusRig, Runner } from "./bus-suite.ts";

/** One server: its namespace and its adapter. */
interface Member {
  nsp: FakeNamespace;
  adapter: ClusterAdapter;
}

interface Stage {
  rig: BusRig;
  prefix: string;
  /** One more server, known to all the others. */
  join(): Promise<Member>;
}

/** Runs the suite over clusters on the buses of `open`. */
export function describeCluster({ describe, test }: Runner, name: string, open: () => Promise<BusRig>): void {
  describe(name, () => {
    for (const [sentence, run] of Object.entries(cases)) {
      test(sentence, async () => {
        const rig = await open();
        const members: Member[] = [];
        const prefix = `test-${Math.random().toString(36).slice(2)}`;
        const join = async (): Promise<Member> => {
          const nsp = new FakeNamespace("/chat");
          const adapter = cluster(await rig.connect(), { prefix })(nsp);
          nsp.adapter = adapter;
          members.push({ nsp, adapter });
          await adapter.init();
          await Promise.all(members.map((member) => counts(member.adapter, members.length)));
          return { nsp, adapter };
        };
        try {
          await run({ rig, prefix, join });
        } finally {
          await Promise.all(members.map(({ adapter }) => adapter.close()));
          await rig.close();
        }
      });
    }
  });
}

async function counts(adapter: ClusterAdapter, servers: number): Promise<void> {
  while (adapter.clusterState.servers !== servers) await once(adapter, "cluster_state");
}

const event = (...data: unknown[]): AdapterPacket => ({ type: 2, data });
const to = (rooms: string[], except: string[] = [], flags: BroadcastFlags = {}): BroadcastOptions => ({
  rooms: new Set(rooms),
  except: new Set(except),
  flags,
});

/** A socket whose rooms are heard of. */
async function connect({ nsp, adapter }: Member, id: string, ...rooms: string[]): Promise<FakeSocket> {
  const socket = nsp.connect(id);
  await adapter.addAll(id, new Set(rooms));
  return socket;
}

const names = (socket: FakeSocket): unknown[] => socket.received.map((data) => (data as unknown[])[0]);

const cases: Record<string, (stage: Stage) => Promise<void>> = {
  async "servers count each other, and those that leave no more"({ join }) {
    const [a, b, c] = [await join(), await join(), await join()];
    await b.adapter.close();
    await Promise.all([counts(a.adapter, 2), counts(c.adapter, 2)]);
  },

  async "a broadcast reaches the members of its rooms on every server once, without the excepted ones"({
    join,
  }) {
    const [a, b, c] = [await join(), await join(), await join()];
    const sockets = [
      await connect(a, "a1", "r1"),
      await connect(b, "b1", "r1", "r2"),
      await connect(b, "b2", "r2", "x"),
      await connect(c, "c1", "r2"),
      await connect(c, "c2"),
    ];
    a.adapter.broadcast(event("rooms"), to(["r1", "r2"], ["x"]));
    a.adapter.broadcast(event("one", 1), to(["r2"]));
    a.adapter.broadcast(event("except"), to([], ["r1"]));
    a.adapter.broadcast(event("many"), to(["r1", "1", "2", "3", "4", "5", "6"]));
    a.adapter.broadcast(event("end"), to([]));
    await Promise.all(sockets.map((socket) => socket.heard("end")));
    same(sockets.map(names), [
      ["rooms", "many", "end"],
      ["rooms", "one", "many", "end"],
      ["one", "except", "end"],
      ["rooms", "one", "except", "end"],
      ["except", "end"],
    ]);
  },

  async "one server's broadcasts arrive in their order, whatever rooms they are for"({ join }) {
    const [a, b] = [await join(), await join()];
    const socket = await connect(b, "b1", "r1", "r2");
    const expected = Array.from({ length: 100 }, (_, index) => index);
    for (const index of expected)
      a.adapter.broadcast(event("n", index), to([[], ["r1"], ["r2"], ["r1", "r2"]][index % 4] ?? []));
    a.adapter.broadcast(event("end"), to([]));
    await socket.heard("end");
    same(
      socket.received.slice(0, -1).map((data) => (data as number[])[1]),
      expected,
    );
  },

  async "flags and values travel along, bytes among them"({ join }) {
    const [a, b] = [await join(), await join()];
    const socket = await connect(b, "b1");
    a.adapter.broadcast(
      event("hi", { deep: [1, null, "ü\u{1f600}"] }, Buffer.from([0, 255])),
      to([], [], { volatile: true, compress: false }),
    );
    const packet = await socket.heard("hi");
    same(packet.data, ["hi", { deep: [1, null, "ü\u{1f600}"] }, { type: "Buffer", data: [0, 255] }]);
    same([socket.writes[0]?.volatile, socket.writes[0]?.compress], [true, false]);
  },

  async "local calls stay local"({ join }) {
    const [a, b] = [await join(), await join()];
    const [x, y] = [await connect(a, "a1"), await connect(b, "b1")];
    const local = to([], [], { local: true });
    a.adapter.broadcast(event("here"), local);
    a.adapter.addSockets(local, ["r1"]);
    equal((await a.adapter.fetchSockets(local)).length, 1);
    a.adapter.broadcast(event("end"), to([]));
    await y.heard("end");
    same([names(x), names(y), [...y.rooms]], [["here", "end"], ["end"], ["b1"]]);
  },

  async "acknowledgements are gathered from the clients of all servers"({ join }) {
    const [a, b, c] = [await join(), await join(), await join()];
    const sockets = [
      await connect(a, "a1", "r1"),
      await connect(b, "b1", "r1"),
      await connect(b, "b2", "r1"),
    ];
    await connect(c, "c1");
    const clients: number[] = [];
    const answers: unknown[] = [];
    await new Promise<void>((resolve) => {
      a.adapter.broadcastWithAck(
        event("who"),
        to(["r1"], [], { timeout: 20_000 }),
        (count) => clients.push(count) === 3 && resolve(),
        (answer) => answers.push(answer),
      );
      for (const socket of sockets) void socket.heard("who").then(() => socket.answer(socket.id));
    });
    same(
      [clients.toSorted(), answers.toSorted()],
      [
        [0, 1, 2],
        ["a1", "b1", "b2"],
      ],
    );
  },

  async "sockets of all servers are found, with their rooms and data"({ join }) {
    const [a, b] = [await join(), await join()];
    (await connect(a, "a1", "r1")).data = { n: 1 };
    (await connect(b, "b1", "r1", "x")).data = { n: 2, raw: [] };
    await connect(b, "b2");
    const found = await a.adapter.fetchSockets(to(["r1"]));
    same(
      found.map(({ id, data, rooms }) => [id, data, [...rooms]]),
      [
        ["a1", { n: 1 }, ["a1", "r1"]],
        ["b1", { n: 2, raw: [] }, ["b1", "r1", "x"]],
      ],
    );
    equal((await a.adapter.fetchSockets(to(["r1"], ["x"]))).length, 1);
  },

  async "sockets of other servers are moved and disconnected"({ join }) {
    const [a, b] = [await join(), await join()];
    const socket = await connect(b, "b1", "r1");
    await connect(b, "b2");
    const joined = once(b.adapter, "join-room");
    a.adapter.addSockets(to(["r1"]), ["r2"]);
    same(await joined, ["r2", "b1"]);
    const left = once(b.adapter, "leave-room");
    a.adapter.delSockets(to(["r1"]), ["r1"]);
    same(await left, ["r1", "b1"]);
    same([...socket.rooms], ["b1", "r2"]);
    const gone = once(b.adapter, "delete-room");
    a.adapter.disconnectSockets(to(["b1"]), true);
    await gone;
    same([...b.nsp.sockets.keys()], ["b2"]);
  },

  async "servers emit to one another, and answer"({ join }) {
    const [a, b, c] = [await join(), await join(), await join()];
    for (const [index, { nsp }] of [b, c].entries()) {
      nsp._onServerSideEmit = (args) => (args.at(-1) as (value: unknown) => void)([args[0], args[1], index]);
    }
    const answers = await new Promise<unknown[]>((resolve, reject) => {
      a.adapter.serverSideEmit([
        "question",
        1,
        (error: unknown, all: unknown[]) => (error ? reject(error) : resolve(all)),
      ]);
    });
    same(answers.toSorted(), [
      ["question", 1, 0],
      ["question", 1, 1],
    ]);
    c.nsp._onServerSideEmit = () => {};
    const told = new Promise((resolve) => {
      b.nsp._onServerSideEmit = resolve;
    });
    a.adapter.serverSideEmit(["news", { x: 1 }]);
    same(await told, ["news", { x: 1 }]);
    same(a.nsp.serverSideEvents, []);
  },

  async "an emitter reaches clients and servers, and is not counted"({ rig, prefix, join }) {
    const [a, b] = [await join(), await join()];
    const [x, y] = [await connect(a, "a1", "r1"), await connect(b, "b1", "r1", "x")];
    const emitter = new Emitter(await rig.connect(), { prefix });
    const chat = emitter.of("/chat");
    chat.to("r1").except("x").emit("hi", 1);
    chat.volatile.compress(true).emit("all");
    emitter.emit("main namespace");
    chat.emit("end");
    // For different rooms, not every bus has an order.
    for (const name of ["hi", "all", "end"]) await x.heard(name);
    for (const name of ["all", "end"]) await y.heard(name);
    same(names(x).toSorted(), ["all", "end", "hi"]);
    same(names(y).toSorted(), ["all", "end"]);
    const joined = once(b.adapter, "join-room");
    chat.in("x").socketsJoin("r2");
    same(await joined, ["r2", "b1"]);
    const told = new Promise((resolve) => {
      a.nsp._onServerSideEmit = resolve;
    });
    chat.serverSideEmit("news", 1);
    same(await told, ["news", 1]);
    same([await a.adapter.serverCount(), await b.adapter.serverCount()], [2, 2]);
    await emitter.close();
  },

  async "what is said to a room reaches those who were told to join it just before"({ rig, prefix, join }) {
    const [a, b] = [await join(), await join()];
    const socket = await connect(b, "b1", "r1");
    a.adapter.addSockets(to(["r1"]), ["new"]);
    a.adapter.broadcast(event("hi"), to(["new"]));
    await socket.heard("hi");
    const emitter = new Emitter(await rig.connect(), { prefix });
    emitter.of("/chat").in("r1").socketsJoin("newer");
    emitter.of("/chat").to("newer").emit("hello");
    await socket.heard("hello");
    await emitter.close();
  },

  async "a server hears of rooms that it has members of, and of no others"({ join }) {
    const [a, b, c] = [await join(), await join(), await join()];
    const socket = await connect(b, "b1", "r1");
    await connect(c, "c1", "r2");
    const before = [b, c].map(({ adapter }) => adapter.clusterState.counts.received);
    for (let n = 0; n < 50; n++) {
      a.adapter.broadcast(event("n", n), to(["r1"]));
      await new Promise((resolve) => setImmediate(resolve));
    }
    a.adapter.broadcast(event("end"), to(["r1"]));
    await socket.heard("end");
    const [heardByB, heardByC] = [b, c].map(
      ({ adapter }, index) => adapter.clusterState.counts.received - (before[index] as number),
    ) as [number, number];
    equal(socket.received.length, 51);
    ok(heardByB > heardByC, `b heard ${heardByB} envelopes, c ${heardByC}`);
    // Signs of life only.
    ok(heardByC < 10, `c heard ${heardByC} envelopes of rooms that it has no members of`);
  },

  async "while the bus is interrupted local clients are served, and all goes on by itself afterwards"({
    rig,
    join,
  }) {
    if (!rig.interrupt) return;
    const [a, b] = [await join(), await join()];
    const [x, y] = [await connect(a, "a1", "r1"), await connect(b, "b1", "r1")];
    const down = [a, b].map(({ adapter }) => counts(adapter, 1));
    const restore = await rig.interrupt();
    await Promise.all(down);
    equal(a.adapter.clusterState.bus, "down");
    a.adapter.broadcast(event("kept"), to(["r1"]));
    a.adapter.broadcast(event("lost"), to(["r1"], [], { volatile: true }));
    same(names(x), ["kept", "lost"]);
    same(
      (await a.adapter.fetchSockets(to([]))).map(({ id }) => id),
      ["a1"],
    );
    await restore();
    await Promise.all([a, b].map(({ adapter }) => counts(adapter, 2)));
    a.adapter.broadcast(event("end"), to(["r1"]));
    await y.heard("end");
    same(names(y), ["kept", "end"]);
  },
};
