/** What was written for Socket.IO plugs in: adapters and parsers. */
import { once } from "node:events";
import { msgpackCodec } from "@sockeye/protocol/msgpack";
import type { AdapterConstructor, Server } from "@sockeye/server";
import * as official from "socket.io-adapter";
import msgpackParser from "socket.io-msgpack-parser";
import { describe, expect, test, vi } from "vitest";
import { world } from "./support/world.ts";

/** Two servers over one bus in this process, by the official base of cluster adapters. */
function busAdapter(nodes: BusAdapter[]): AdapterConstructor {
  return class extends BusAdapter {
    constructor(nsp: unknown) {
      super(nsp, nodes);
    }
  };
}

class BusAdapter extends official.ClusterAdapterWithHeartbeat {
  readonly nodes: BusAdapter[];

  constructor(nsp: unknown, nodes: BusAdapter[]) {
    super(nsp, {});
    this.nodes = nodes;
    nodes.push(this);
  }

  async doPublish(message: official.ClusterMessage): Promise<string> {
    for (const node of this.nodes)
      if (node !== this) setImmediate(() => node.onMessage(structuredClone(message)));
    return "";
  }

  async doPublishResponse(uid: string, response: official.ClusterResponse): Promise<void> {
    for (const node of this.nodes)
      if (node.uid === uid) setImmediate(() => node.onResponse(structuredClone(response)));
  }
}

describe("Socket.IO's in-memory adapter", () => {
  const setups: Record<string, AdapterConstructor> = {
    "as a class": official.Adapter,
    "as a function": function make(nsp: unknown) {
      return new official.Adapter(nsp);
    } as unknown as AdapterConstructor,
    "as an arrow function": (nsp) => new official.Adapter(nsp),
  };

  for (const [how, adapter] of Object.entries(setups)) {
    test(`${how}: rooms, broadcasts, acknowledgements, remote control`, async () => {
      const { io, pair } = await world({ adapter });
      const [a, guestA] = await pair();
      const [b, guestB] = await pair();
      expect(io.of("/").adapter).toBeInstanceOf(official.Adapter);
      a.join("red");
      guestA.on("name?", (done) => done("a"));
      guestB.on("name?", (done) => done("b"));
      expect((await io.timeout(9000).emitWithAck("name?")).sort()).toEqual(["a", "b"]);
      expect(await b.to("red").timeout(9000).emitWithAck("name?")).toEqual(["a"]);
      const heard = vi.fn();
      guestA.on("x", heard);
      guestB.on("x", heard);
      io.to("red")
        .volatile.compress(false)
        .emit("x", Buffer.from([1]));
      await vi.waitFor(() => expect(heard).toHaveBeenCalledExactlyOnceWith(Buffer.from([1])));
      expect((await io.in("red").fetchSockets()).map(({ id }) => id)).toEqual([a.id]);
      io.in("red").socketsJoin("blue");
      expect([...a.rooms]).toEqual([a.id, "red", "blue"]);
      const outgoing = vi.fn();
      b.onAnyOutgoing(outgoing);
      io.emit("seen", 1);
      expect(outgoing).toHaveBeenCalledExactlyOnceWith("seen", 1);
      const gone = once(a, "disconnect");
      io.in("blue").disconnectSockets(true);
      await gone;
      expect(io.of("/").adapter.sids.size).toBe(1);
    });
  }

  test("a broadcast is encoded once and made into frames once", async () => {
    const { io, pair } = await world({ adapter: official.Adapter });
    const sockets = [(await pair())[0], (await pair())[0]];
    const sent = sockets.map(({ conn }) => vi.spyOn(conn, "sendPrepared"));
    io.emit("x");
    const [one, two] = sent.map(({ mock }) => mock.calls[0]?.[0]);
    expect(one).toBeDefined();
    expect(one).toBe(two);
  });
});

test("adapter() changes the adapter of every namespace", async () => {
  const { io, pair } = await world();
  io.of("/chat");
  expect(io.adapter(official.Adapter)).toBe(io);
  expect(io.adapter()).toBe(official.Adapter);
  expect(io.of("/chat").adapter).toBeInstanceOf(official.Adapter);
  const [socket] = await pair("/chat");
  expect(socket.rooms.size).toBe(1);
});

describe("Socket.IO's cluster adapter", () => {
  async function twoNodes() {
    const nodes: BusAdapter[] = [];
    const places = [await world({ adapter: busAdapter(nodes) }), await world({ adapter: busAdapter(nodes) })];
    const [one, two] = places as [(typeof places)[0], (typeof places)[0]];
    await vi.waitFor(async () => expect(await one.io.of("/").adapter.serverCount()).toBe(2));
    await vi.waitFor(async () => expect(await two.io.of("/").adapter.serverCount()).toBe(2));
    return [one, two] as const;
  }

  test("broadcasts, gathers, fetches and controls across servers", async () => {
    const [one, two] = await twoNodes();
    const [a, guestA] = await one.pair();
    const [b, guestB] = await two.pair();
    b.data.name = "bob";
    for (const [name, guest] of Object.entries({ a: guestA, b: guestB }))
      guest.on("name?", (done) => done(name));
    expect((await one.io.timeout(9000).emitWithAck("name?")).sort()).toEqual(["a", "b"]);
    expect(await one.io.local.timeout(9000).emitWithAck("name?")).toEqual(["a"]);
    const remote = (await one.io.fetchSockets()).find(({ id }) => id === b.id);
    expect([remote?.data, [...(remote?.rooms ?? [])]]).toEqual([{ name: "bob" }, [b.id]]);
    expect(await remote?.timeout(9000).emitWithAck("name?")).toBe("b");
    expect(await remote?.emitWithAck("name?")).toBe("b");
    const bare = vi.fn();
    remote?.emit("name?", bare);
    const withError = vi.fn();
    remote?.timeout(9000).emit("name?", withError);
    await vi.waitFor(() => expect(bare).toHaveBeenCalledExactlyOnceWith("b"));
    await vi.waitFor(() => expect(withError).toHaveBeenCalledExactlyOnceWith(null, "b"));
    remote?.join(["red", "blue"]);
    await vi.waitFor(() => expect([...b.rooms]).toEqual([b.id, "red", "blue"]));
    remote?.leave("red");
    await vi.waitFor(() => expect([...b.rooms]).toEqual([b.id, "blue"]));
    const gone = once(b, "disconnect");
    remote?.disconnect(true);
    await gone;
    expect(a.connected).toBe(true);
  });

  test("carries events and questions between servers", async () => {
    const [one, two] = await twoNodes();
    const heard = once(two.io, "hello");
    one.io.serverSideEmit("hello", "world");
    expect(await heard).toEqual(["world"]);
    two.io.on("count?", (done) => done(2));
    expect(await one.io.serverSideEmitWithAck("count?")).toEqual([2]);
    const callback = vi.fn();
    one.io.serverSideEmit("count?", callback);
    await vi.waitFor(() => expect(callback).toHaveBeenCalledExactlyOnceWith(null, [2]));
  });
});

describe("the parser option", () => {
  const parsers = { "Socket.IO's msgpack parser": msgpackParser, "our msgpack codec": msgpackCodec };
  for (const [name, parser] of Object.entries(parsers)) {
    test(`takes ${name}`, async () => {
      const { io, pair } = await world({ parser });
      const [socket, guest] = await pair("/", { parser: msgpackParser });
      socket.on("echo", (value: unknown, done: (value: unknown) => void) => done(value));
      const value = { bytes: Buffer.from([1, 2]), text: "ü", list: [1, null] };
      expect(await guest.emitWithAck("echo", value)).toEqual(value);
      guest.on("name?", (done) => done("guest"));
      expect(await (io as Server).timeout(9000).emitWithAck("name?")).toEqual(["guest"]);
    });

    test(`and closes the connection of who speaks nonsense to ${name}`, async () => {
      const { raw } = await world({ parser });
      for (const frame of ["40", Buffer.from([0xc1]), Buffer.from([0x80])]) {
        await (await raw()).send(frame).end();
      }
    });
  }
});
