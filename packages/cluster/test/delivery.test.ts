/** Delivery guarantees over a cluster: a client that comes back on another server finds its events there. */
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { cluster } from "@sockeye/cluster";
import { MemoryEngine, MemoryHub } from "@sockeye/cluster/testing";
import { Server, type Socket } from "@sockeye/server";
import { type Socket as Client, io as connect } from "socket.io-client";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { Gate } from "./cluster.ts";

let undo: Array<() => unknown>;
let a: Server;
let b: Server;

beforeEach(async () => {
  undo = [];
  const hub = new MemoryHub();
  [a, b] = [await serve(hub), await serve(hub)];
  for (const server of [a, b]) {
    while ((await server.of("/").adapter.serverCount()) < 2)
      await once(server.of("/").adapter, "cluster_state");
  }
});

afterEach(async () => {
  for (const task of undo.splice(0).reverse()) await task();
});

async function serve(hub: MemoryHub): Promise<Server> {
  const http = createServer().listen(0, "127.0.0.1");
  await once(http, "listening");
  const server = new Server(http, { adapter: cluster(hub.connect()) });
  undo.push(() => server.close());
  return server;
}

interface Guest {
  client: Client;
  socket: Socket;
  id: string;
  heard: unknown[][];
}

/** An official client that plays the part of ours: it numbers acknowledgements from 0, as ours does. */
async function guest(server: Server, id: string | null, received = 0): Promise<Guest> {
  const { port } = server.httpServer.address() as AddressInfo;
  const auth = { delivery: [id, received] };
  const settings = { transports: ["websocket"], forceNew: true, reconnection: false, auth };
  const client = connect(`http://127.0.0.1:${port}`, settings);
  undo.push(() => client.close());
  const heard: unknown[][] = [];
  client.onAny((...args) => heard.push(args));
  const given = new Promise<string>((resolve) => {
    client.io.on("open", () =>
      client.io.engine.on("data", (data: string | ArrayBuffer) => {
        if (typeof data === "string" && data.startsWith("0")) resolve(JSON.parse(data.slice(1)).delivery);
      }),
    );
  });
  const [[socket]] = await Promise.all([once(server, "connection"), once(client as never, "connect")]);
  return { client, socket, id: await given, heard };
}

async function leave({ client, socket }: Guest): Promise<void> {
  const gone = once(socket, "disconnect");
  client.close();
  await gone;
}

test("an event that another server has handled is not handled again, and gets that answer", async () => {
  const handledBy: string[] = [];
  for (const [name, server] of Object.entries({ a, b })) {
    server.on("connection", (socket) =>
      socket.on("order", (done: (by: string) => void) => {
        handledBy.push(name);
        done(name);
      }),
    );
  }
  const before = await guest(a, null);
  expect(await before.client.emitWithAck("order")).toBe("a");
  await leave(before);
  const after = await guest(b, before.id);
  expect(after.id).toBe(before.id);
  expect(await after.client.emitWithAck("order")).toBe("a");
  expect(await after.client.emitWithAck("order")).toBe("b");
  expect(handledBy).toEqual(["a", "b"]);
});

describe("written down", () => {
  interface Member {
    server: Server;
    bus: ReturnType<MemoryEngine["connect"]>["bus"];
    store: ReturnType<MemoryEngine["connect"]>["store"];
  }
  let engine: MemoryEngine;
  let first: Member;
  let second: Member;
  const handled: string[] = [];

  beforeEach(async () => {
    handled.length = 0;
    engine = new MemoryEngine();
    [first, second] = [await join(engine), await join(engine)];
    for (const [name, { server }] of Object.entries({ first, second })) {
      while ((await server.of("/").adapter.serverCount()) < 2)
        await once(server.of("/").adapter, "cluster_state");
      server.on("connection", (socket) =>
        socket.on("order", (done: (by: string) => void) => {
          handled.push(name);
          socket.reliable.emit("confirm", name);
          done(name);
        }),
      );
    }
  });

  async function join(engine: MemoryEngine): Promise<Member> {
    const http = createServer().listen(0, "127.0.0.1");
    await once(http, "listening");
    const durable = engine.connect();
    const server = new Server(http, {
      adapter: cluster(durable, { heartbeatInterval: 100, heartbeatTimeout: 500 }),
      connectionStateRecovery: {},
      delivery: { durable: true },
    });
    undo.push(() => server.close());
    return { server, bus: durable.bus, store: durable.store };
  }

  test("an event is not handled again when its server has died, and gets its answer and its confirmation", async () => {
    const before = await guest(first.server, null);
    expect(await before.client.emitWithAck("order")).toBe("first");
    // The client had the answer; say it had not. Nothing is heard of the server from now on.
    first.bus.vanish();
    before.client.disconnect();
    const after = await guest(second.server, before.id, 0);
    expect(after.id).toBe(before.id);
    await vi.waitFor(() => expect(after.heard).toEqual([["sockeye:reliable", 1, "confirm", "first"]]));
    expect(await after.client.emitWithAck("order")).toBe("first");
    expect(await after.client.emitWithAck("order")).toBe("second");
    expect(handled).toEqual(["first", "second"]);
  });

  test("a client learns of nothing that a dead server would take along", async () => {
    const { client, heard } = await guest(first.server, null);
    first.bus.cut();
    const answer = client.emitWithAck("order");
    await vi.waitFor(() => expect(handled).toEqual(["first"]));
    // Whatever was sent has arrived before the answer to this.
    await new Promise<void>((resolve) => {
      first.server.sockets.sockets.get(client.id as string)?.emit("ping", () => resolve());
      client.once("ping", (done: () => void) => done());
    });
    expect(heard.map(([event]) => event)).toEqual(["ping"]);
    first.bus.mend();
    expect(await answer).toBe("first");
    expect(heard[1]).toEqual(["sockeye:reliable", 1, "confirm", "first"]);
  });

  test("a server that was cut off hands what it could not write down to the one that has the client now", async () => {
    const before = await guest(first.server, null);
    expect(await before.client.emitWithAck("order")).toBe("first");
    first.bus.cut();
    before.socket.reliable.emit("late", 1);
    const after = await guest(second.server, before.id, 1);
    expect(after.id).toBe(before.id);
    first.bus.mend();
    await vi.waitFor(() => expect(after.heard).toContainEqual(["sockeye:reliable", 2, "late", 1]));
  });

  test("a server that has missed a move does not hand out what it knew then", async () => {
    const before = await guest(first.server, null);
    expect(await before.client.emitWithAck("order")).toBe("first");
    first.bus.cut();
    const after = await guest(second.server, before.id, 1);
    for (const number of [2, 3]) after.socket.reliable.emit("tick", number);
    await vi.waitFor(() => expect(after.heard).toHaveLength(2));
    first.bus.mend();
    second.bus.vanish();
    const third = await join(engine);
    const { adapter } = third.server.of("/");
    while ((await adapter.serverCount()) < 2) await once(adapter, "cluster_state");
    const at = await guest(third.server, before.id, 1);
    expect(at.id).toBe(before.id);
    await vi.waitFor(() => expect(at.heard).toEqual(after.heard));
  });

  test("what a server learns from another one is written down before its client learns of it", async () => {
    const before = await guest(first.server, null);
    expect(await before.client.emitWithAck("order")).toBe("first");
    // Never written down here, and so only handed over.
    const stuck = new Promise<boolean>((resolve) => undo.push(() => resolve(false)));
    vi.spyOn(first.store, "hold").mockReturnValue(stuck);
    before.socket.reliable.emit("tick", 2);
    const after = await guest(second.server, before.id, 1);
    await vi.waitFor(() => expect(after.heard).toEqual([["sockeye:reliable", 2, "tick", 2]]));
    first.bus.vanish();
    second.bus.vanish();
    const third = await join(engine);
    const at = await guest(third.server, before.id, 1);
    expect(at.id).toBe(before.id);
    await vi.waitFor(() => expect(at.heard).toEqual([["sockeye:reliable", 2, "tick", 2]]));
  });

  test("what happens where the client was, while it is on its way here, is not lost", async () => {
    const before = await guest(first.server, null);
    expect(await before.client.emitWithAck("order")).toBe("first");
    // It happens between the two questions: whose it is now, and what the others know.
    const seize = second.store.seize.bind(second.store);
    second.store.seize = async (...args) => {
      const value = await seize(...args);
      const lost = once(before.socket, "disconnect");
      before.socket.reliable.emit("late", 1);
      await lost;
      return value;
    };
    const after = await guest(second.server, before.id, 1);
    await vi.waitFor(() => expect(after.heard).toEqual([["sockeye:reliable", 2, "late", 1]]));
  });

  test("what was taken along two moves ago is not told again by the server that has just heard of the first", async () => {
    const third = await join(engine);
    const { adapter } = third.server.of("/");
    while ((await adapter.serverCount()) < 3) await once(adapter, "cluster_state");
    const before = await guest(first.server, null);
    expect(await before.client.emitWithAck("order")).toBe("first");
    // It is written down, and the answer gets lost: the server does not know.
    const hold = first.store.hold.bind(first.store);
    first.store.hold = async (...args) => {
      await hold(...args);
      first.store.hold = hold;
      first.bus.cut();
      throw new Error("connection lost");
    };
    before.socket.reliable.emit("tick", 2);
    await vi.waitFor(() => expect(first.bus.connected).toBe(false));
    const between = await guest(second.server, before.id, 1);
    const after = await guest(third.server, before.id, 1);
    await vi.waitFor(() => expect(after.heard).toEqual([["sockeye:reliable", 2, "tick", 2]]));
    const left = once(before.socket, "disconnect");
    first.bus.mend();
    await left;
    // What it has to say comes before this.
    for (const { server } of [second, third]) server.on("over", (done: () => void) => done());
    await first.server.serverSideEmitWithAck("over");
    after.socket.reliable.emit("tick", 3);
    await vi.waitFor(() => expect(after.heard.at(-1)).toEqual(["sockeye:reliable", 3, "tick", 3]));
    expect(between.id).toBe(before.id);
  });

  test("a repeated event is answered no sooner than its answer is written down", async () => {
    const { client, socket } = await guest(first.server, null);
    const ping = (): Promise<void> =>
      new Promise((resolve) => {
        socket.emit("ping", () => resolve());
        client.once("ping", (done: () => void) => done());
      });
    first.bus.cut();
    let answered = false;
    const answer = client.emitWithAck("order").then(() => {
      answered = true;
    });
    await vi.waitFor(() => expect(handled).toEqual(["first"]));
    client.io.engine.write('20["order"]');
    // The server has had it then, and what it has answered has arrived.
    for (let round = 0; round < 2; round++) await ping();
    expect([answered, handled]).toEqual([false, ["first"]]);
    first.bus.mend();
    await answer;
  });

  test("needs an adapter that shares records", () => {
    expect(() => new Server(createServer(), { delivery: { durable: true } })).toThrow("shared records");
    expect(() => new Server(createServer(), { delivery: { durable: "yes" as never } })).toThrow("boolean");
  });
});

test("numbers that a client has seen are not given again, whatever its server has lost", async () => {
  const before = await guest(a, null);
  await leave(before);
  const after = await guest(a, before.id, 5);
  after.socket.reliable.emit("tick");
  await vi.waitFor(() => expect(after.heard).toEqual([["sockeye:reliable", 6, "tick"]]));
});

/** An order that this server's handler answers when it is told to. */
function heldOrder(io: Server): { readonly called: Promise<void>; finish: (word: string) => void } {
  const called = new Gate();
  const order = { called: called.opened, finish: (_word: string): void => {} };
  io.on("connection", (socket) =>
    socket.on("order", (done: (word: string) => void) => {
      order.finish = done;
      called.open();
    }),
  );
  return order;
}

test("an answer that comes where the client was before reaches it where it is now", async () => {
  const order = heldOrder(a);
  const before = await guest(a, null);
  before.client.emit("order", () => {});
  await order.called;
  // The first server has not noticed that the connection is lost.
  const after = await guest(b, before.id);
  const answer = after.client.emitWithAck("order");
  order.finish("late");
  expect(await answer).toBe("late");
});

test("a server that is drained waits for the handler of a client that has moved", async () => {
  const order = heldOrder(a);
  b.on("connection", (socket) => socket.on("ping", (done: () => void) => done()));
  const before = await guest(a, null);
  before.client.emit("order", () => {});
  await order.called;
  let isOver = false;
  const drained = a.drain({ over: 0 }).then(() => {
    isOver = true;
  });
  const after = await guest(b, before.id);
  const answer = after.client.emitWithAck("order");
  for (let round = 0; round < 20; round++) await after.client.emitWithAck("ping");
  expect(isOver).toBe(false);
  order.finish("late");
  expect(await answer).toBe("late");
  await drained;
});

test("reliable events follow the client, also those emitted on the socket that it had", async () => {
  const before = await guest(a, null);
  await leave(before);
  before.socket.reliable.emit("tick", 1);
  before.socket.reliable.emit("tick", Uint8Array.of(2));
  const after = await guest(b, before.id, 0);
  before.socket.reliable.emit("tick", 3);
  await vi.waitFor(() => expect(after.heard.length).toBe(3));
  expect(after.heard).toEqual([
    ["sockeye:reliable", 1, "tick", 1],
    ["sockeye:reliable", 2, "tick", Buffer.of(2)],
    ["sockeye:reliable", 3, "tick", 3],
  ]);
});
