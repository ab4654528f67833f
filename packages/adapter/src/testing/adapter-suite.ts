/** What every adapter must do for the sockets of its own server, whatever it is made of. */
import { strictEqual as equal, deepStrictEqual as same } from "node:assert/strict";
import type { AdapterPacket, BroadcastOptions, Room } from "../contract.ts";
import type { Adapter } from "../memory.ts";
import { FakeNamespace, type FakeSocket } from "./fake-namespace.ts";

/** The contract that the suite checks, free of any base class. */
export type AdapterContract = Pick<
  Adapter,
  | "rooms"
  | "sids"
  | "on"
  | "addAll"
  | "del"
  | "delAll"
  | "broadcast"
  | "broadcastWithAck"
  | "sockets"
  | "socketRooms"
  | "fetchSockets"
  | "addSockets"
  | "delSockets"
  | "disconnectSockets"
  | "serverCount"
  | "init"
  | "close"
>;

/** The test runner's functions; Vitest's fit. */
export interface Runner {
  describe(name: string, define: () => void): unknown;
  test(name: string, run: () => void | Promise<void>): unknown;
}

interface Stage {
  nsp: FakeNamespace;
  adapter: AdapterContract;
}

/** Runs the suite over the adapters that `create` makes. */
export function describeAdapter(
  { describe, test }: Runner,
  name: string,
  create: (nsp: FakeNamespace) => AdapterContract,
): void {
  describe(name, () => {
    for (const [sentence, run] of Object.entries(cases)) {
      test(sentence, async () => {
        const nsp = new FakeNamespace("/chat");
        const adapter = create(nsp);
        nsp.adapter = adapter;
        await adapter.init();
        await run({ nsp, adapter });
        await adapter.close();
      });
    }
  });
}

const event = (...data: unknown[]): AdapterPacket => ({ type: 2, data });
const to = (rooms: Room[], except: Room[] = [], flags = {}): BroadcastOptions => ({
  rooms: new Set(rooms),
  except: new Set(except),
  flags,
});
const whoGot = (...sockets: FakeSocket[]): string[] =>
  sockets.flatMap((socket) => socket.packets.map(() => socket.id));

const cases: Record<string, (stage: Stage) => void | Promise<void>> = {
  "joining and leaving are seen from both sides"({ adapter }) {
    adapter.addAll("s1", new Set(["r1", "r2"]));
    adapter.addAll("s2", new Set(["r2"]));
    same(adapter.socketRooms("s1"), new Set(["r1", "r2"]));
    same(adapter.rooms.get("r2"), new Set(["s1", "s2"]));
    adapter.del("s1", "r2");
    same(adapter.socketRooms("s1"), new Set(["r1"]));
    same(adapter.rooms.get("r2"), new Set(["s2"]));
  },

  "an empty room and a socket that is gone leave nothing behind"({ adapter }) {
    adapter.addAll("s1", new Set(["r1", "r2"]));
    adapter.del("s1", "r1");
    equal(adapter.rooms.has("r1"), false);
    adapter.delAll("s1");
    equal(adapter.rooms.size, 0);
    equal(adapter.sids.size, 0);
    equal(adapter.socketRooms("s1"), undefined);
  },

  "leaving a room one is not in, and sockets that are not known, change nothing"({ adapter }) {
    adapter.addAll("s1", new Set(["r1"]));
    adapter.del("s2", "r1");
    adapter.del("s1", "r9");
    adapter.delAll("s3");
    same(adapter.rooms.get("r1"), new Set(["s1"]));
    same([...adapter.sids.keys()], ["s1"]);
  },

  "rooms are created, joined, left and deleted with an event each"({ adapter }) {
    const seen: unknown[][] = [];
    for (const name of ["create-room", "join-room", "leave-room", "delete-room"]) {
      adapter.on(name, (...args: unknown[]) => seen.push([name, ...args]));
    }
    adapter.addAll("s1", new Set(["r1"]));
    adapter.addAll("s1", new Set(["r1"]));
    adapter.addAll("s2", new Set(["r1"]));
    adapter.del("s1", "r1");
    adapter.delAll("s2");
    same(seen, [
      ["create-room", "r1"],
      ["join-room", "r1", "s1"],
      ["join-room", "r1", "s2"],
      ["leave-room", "r1", "s1"],
      ["leave-room", "r1", "s2"],
      ["delete-room", "r1"],
    ]);
  },

  async "a broadcast to nobody in particular reaches everybody once"({ nsp, adapter }) {
    const [a, b] = [nsp.connect("a", ["r1"]), nsp.connect("b", ["r1", "r2"])];
    await adapter.broadcast(event("hi", 1), to([]));
    same([a.received.length, b.received.length], [1, 1]);
    equal((a.received[0] as unknown[])[0], "hi");
    equal(a.packets[0]?.nsp, "/chat");
  },

  async "a broadcast to rooms reaches each member of any of them once"({ nsp, adapter }) {
    const sockets = [nsp.connect("a", ["r1", "r2"]), nsp.connect("b", ["r2"]), nsp.connect("c", ["r3"])];
    await adapter.broadcast(event("hi"), to(["r1", "r2", "none"]));
    same(whoGot(...sockets), ["a", "b"]);
  },

  async "a broadcast spares the members of every excepted room"({ nsp, adapter }) {
    const sockets = [nsp.connect("a", ["r1"]), nsp.connect("b", ["r1", "x"]), nsp.connect("c", ["r1"])];
    await adapter.broadcast(event("hi"), to(["r1"], ["x", "c"]));
    await adapter.broadcast(event("hi"), to([], ["a"]));
    await adapter.broadcast(event("hi"), to([], ["none"]));
    same(whoGot(...sockets), ["a", "a", "b", "b", "c", "c"]);
  },

  async "one broadcast is encoded once and carries its flags"({ nsp, adapter }) {
    const sockets = ["a", "b", "c"].map((id) => nsp.connect(id));
    await adapter.broadcast(event("hi"), to([], [], { volatile: true, compress: false }));
    equal(nsp.encodings, 1);
    for (const { writes } of sockets) {
      same([writes[0]?.volatile, writes[0]?.compress, writes[0]?.preEncoded], [true, false, true]);
    }
  },

  async "catch-all listeners of the receivers are told"({ nsp, adapter }) {
    const [a, b] = [nsp.connect("a"), nsp.connect("b")];
    await adapter.broadcast(event("hi", 1), to(["a"]));
    same((a.outgoing[0]?.data as unknown[])?.slice(0, 2), ["hi", 1]);
    equal(b.outgoing.length, 0);
  },

  async "a socket that is in rooms but not connected is passed over"({ nsp, adapter }) {
    adapter.addAll("early", new Set(["r1"]));
    const a = nsp.connect("a", ["r1"]);
    await adapter.broadcast(event("hi"), to(["r1"]));
    equal(a.received.length, 1);
    same(await adapter.sockets(new Set(["r1"])), new Set(["a"]));
  },

  async "a broadcast with acknowledgement asks every receiver and passes on each answer"({ nsp, adapter }) {
    const [a, b] = [nsp.connect("a"), nsp.connect("b")];
    nsp.connect("c", ["x"]);
    const counts: number[] = [];
    const answers: unknown[] = [];
    adapter.broadcastWithAck(
      event("ask"),
      to([], ["x"], { timeout: 60_000 }),
      (count) => counts.push(count),
      (answer) => answers.push(answer),
    );
    await turn();
    b.answer("from b");
    a.answer("from a");
    same([counts[0], answers], [2, ["from b", "from a"]]);
    equal(a.packets[0]?.id, b.packets[0]?.id);
  },

  async "two broadcasts with acknowledgement are told apart"({ nsp, adapter }) {
    const a = nsp.connect("a");
    const answers: string[] = [];
    for (const name of ["first", "second"]) {
      adapter.broadcastWithAck(
        event(name),
        to([], [], { timeout: 60_000 }),
        () => {},
        () => answers.push(name),
      );
    }
    await turn();
    a.answer();
    same(answers, ["second"]);
  },

  async "ids of connected sockets are found by room"({ nsp, adapter }) {
    for (const [id, rooms] of [
      ["a", ["r1"]],
      ["b", ["r1", "r2"]],
      ["c", []],
    ] as const)
      nsp.connect(id, [...rooms]);
    same(await adapter.sockets(new Set()), new Set(["a", "b", "c"]));
    same(await adapter.sockets(new Set(["r1", "r2"])), new Set(["a", "b"]));
    same(await adapter.sockets(new Set(["none"])), new Set());
  },

  async "sockets are fetched with id, handshake, rooms and data"({ nsp, adapter }) {
    const a = nsp.connect("a", ["r1"]);
    nsp.connect("b", ["r1"]);
    a.data = { name: "Ada" };
    const [found, ...others] = await adapter.fetchSockets(to(["r1"], ["b"]));
    equal(others.length, 0);
    same([found?.id, found?.data, found?.handshake], ["a", { name: "Ada" }, { address: "127.0.0.1" }]);
    same(new Set(found?.rooms), new Set(["a", "r1"]));
  },

  async "sockets are made to join and leave rooms, chosen by the rooms they were in"({ nsp, adapter }) {
    const [a, b] = [nsp.connect("a", ["r1"]), nsp.connect("b")];
    await adapter.addSockets(to(["r1"]), ["r2", "r3"]);
    same([a.rooms, b.rooms], [new Set(["a", "r1", "r2", "r3"]), new Set(["b"])]);
    await adapter.delSockets(to(["r2"]), ["r1", "r3"]);
    same(a.rooms, new Set(["a", "r2"]));
    await adapter.delSockets(to(["r2"]), ["r2"]);
    same(a.rooms, new Set(["a"]));
  },

  async "sockets are disconnected, every one of a room"({ nsp, adapter }) {
    for (const id of ["a", "b", "c"]) nsp.connect(id, id === "c" ? [] : ["r1"]);
    await adapter.disconnectSockets(to(["r1"]), true);
    same([...nsp.sockets.keys()], ["c"]);
    equal(adapter.rooms.has("r1"), false);
  },

  async "one server counts one"({ adapter }) {
    equal(await adapter.serverCount(), 1);
  },
};

/** Adapters of a cluster publish before they deliver. */
function turn(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 0));
}
