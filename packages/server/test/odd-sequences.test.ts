/** Clients and applications that do things at odd moments: nothing is left behind, nobody else notices. */
import { once } from "node:events";
import { get } from "node:http";
import { setImmediate as nextTurn } from "node:timers/promises";
import { Adapter } from "@sockeye/adapter";
import type { Namespace, ServerOptions, Socket } from "@sockeye/server";
import { describe, expect, test, vi } from "vitest";
import { atEnd, Raw, world } from "./support/world.ts";

/** What an adapter remembers. */
function remembered(namespace: Namespace): number[] {
  return [namespace.adapter.rooms.size, namespace.adapter.sids.size, namespace.sockets.size];
}

describe("a client that leaves while the middlewares run", () => {
  test("leaves no rooms behind, though they never call next, and in hundreds of namespaces", async () => {
    const { io, raw } = await world();
    const names = Array.from({ length: 300 }, (_, i) => `/n${i}`);
    for (const name of names) io.of(name).use((socket) => void socket.join(["a", "b"]));
    const client = await raw();
    for (const name of names) client.send(`40${name},`);
    const last = io.of("/n299");
    await vi.waitFor(() => expect(remembered(last)).toEqual([2, 1, 0]));
    client.socket.terminate();
    await vi.waitFor(() =>
      expect(names.map((name) => remembered(io.of(name)))).toEqual(names.map(() => [0, 0, 0])),
    );
  });

  test("cannot be made to join a room afterwards", async () => {
    const { io, raw } = await world();
    const waiting = new Promise<[Socket, () => void]>((resolve) => {
      io.use((socket, next) => resolve([socket as Socket, next]));
    });
    const client = await raw();
    client.send("40");
    const [socket, next] = await waiting;
    client.socket.terminate();
    await vi.waitFor(() => expect(io.engine.clientsCount).toBe(0));
    void socket.join("late");
    next();
    void socket.join("later");
    expect(remembered(io.of("/"))).toEqual([0, 0, 0]);
    expect(socket.connected).toBe(false);
  });

  test("may try again to continue its session, and keeps it when the first attempt ends late", async () => {
    const { io, raw } = await world({ connectionStateRecovery: {} });
    const first = await raw();
    const { pid, sid } = await first.connect("", {});
    first.socket.terminate();
    await vi.waitFor(() => expect(io.of("/").sockets.size).toBe(0));
    let attempts = 0;
    let goOn = (): void => {};
    io.use((_socket, next) => {
      if (++attempts > 1) next();
      else goOn = next;
    });
    const second = await raw();
    second.send(`40${JSON.stringify({ pid })}`);
    await vi.waitFor(() => expect(attempts).toBe(1));
    second.socket.terminate();
    await vi.waitFor(() => expect(io.engine.clientsCount).toBe(0));
    const third = await raw();
    expect((await third.connect("", { pid })).sid).toBe(sid);
    goOn();
    await nextTurn();
    expect([...(io.of("/").sockets.get(sid as string)?.rooms ?? [])]).toEqual([sid]);
  });
});

describe("a child namespace that is cleaned up", () => {
  test("goes with a client that it refused, or that left before it was in", async () => {
    const { io, raw } = await world({ cleanupEmptyChildNamespaces: true });
    io.of(/^\/no-\d+$/).use((_socket, next) => next(new Error("no")));
    const asked = vi.fn();
    io.of(/^\/wait-\d+$/).use(asked);
    const client = await raw();
    client.send("40/no-1,");
    expect(await client.next()).toBe('44/no-1,{"message":"no"}');
    expect([...io._nsps.keys()]).toEqual(["/"]);
    client.send("40/wait-1,");
    await vi.waitFor(() => expect(asked).toHaveBeenCalledOnce());
    client.socket.terminate();
    await vi.waitFor(() => expect([...io._nsps.keys()]).toEqual(["/"]));
  });

  test("stays for a client that is on its way in when the last one leaves", async () => {
    const { io, raw } = await world({ cleanupEmptyChildNamespaces: true });
    let goOn: (() => void) | undefined;
    io.of(/^\/room-\d+$/).use((socket, next) => {
      if (socket.handshake.auth.wait) goOn = next;
      else next();
    });
    const first = await raw();
    await first.connect("/room-1,");
    const second = await raw();
    second.send('40/room-1,{"wait":true}');
    await vi.waitFor(() => expect(goOn).toBeDefined());
    const left = once(io.of("/room-1").sockets.values().next().value as Socket, "disconnect");
    first.send("41/room-1,");
    await left;
    goOn?.();
    expect(String(await second.next())).toMatch(/^40\/room-1,/);
    io.of("/room-1").emit("hello");
    expect(await second.next()).toBe('42/room-1,["hello"]');
  });
});

describe("in one burst", () => {
  test("connecting and leaving again and again leaves one socket, or none", async () => {
    const { io, raw } = await world();
    const connected = vi.fn();
    const reasons: string[] = [];
    io.on("connection", (socket) => {
      connected();
      socket.join("room");
      socket.on("disconnect", (reason) => reasons.push(reason));
    });
    const client = await raw();
    for (let i = 0; i < 200; i++) client.send("40", "41");
    client.send("40", '42["x"]', "41");
    await vi.waitFor(() => expect(reasons.length).toBe(201));
    expect(connected).toHaveBeenCalledTimes(201);
    expect(new Set(reasons)).toEqual(new Set(["client namespace disconnect"]));
    expect(remembered(io.of("/"))).toEqual([0, 0, 0]);
  });

  test("an answer given after the client has left its namespace is not sent", async () => {
    const { io, raw } = await world();
    let answer = (): void => {};
    io.on("connection", (socket) => socket.on("ask", (done) => (answer = done)));
    const client = await raw();
    await client.connect();
    const [socket] = io.of("/").sockets.values();
    const left = once(socket as Socket, "disconnect");
    client.send('421["ask"]', "41");
    await left;
    answer();
    answer();
    expect(await client.connect()).toHaveProperty("sid");
  });
});

describe("while the server closes", () => {
  test("nobody is let in any longer: who is on the way, who is in another namespace, and who comes only now", async () => {
    let end = (): void => {};
    const ended = new Promise<void>((resolve) => {
      end = resolve;
    });
    atEnd(end);
    class SlowAdapter extends Adapter {
      override close(): Promise<void> {
        return ended;
      }
    }
    const { io, raw } = await world({ adapter: SlowAdapter });
    const entered = vi.fn();
    let letIn = (): void => {};
    const waiting = new Promise<void>((resolve) => {
      io.of("/guarded").use((_socket, next) => {
        letIn = next;
        resolve();
      });
    });
    for (const name of ["/", "/guarded"]) io.of(name).on("connection", entered);
    const [onTheWay, inside, late] = [await raw(), await raw(), await raw()];
    await inside.connect();
    expect(entered).toHaveBeenCalledOnce();
    onTheWay.send("40/guarded,");
    await waiting;
    const closed = io.close();
    letIn();
    inside.send("40/guarded,");
    late.send("40");
    for (const client of [onTheWay, inside, late]) expect(await client.next()).toBeUndefined();
    expect(entered).toHaveBeenCalledOnce();
    end();
    await closed;
  });

  test("no namespace is made whose function allows it only then", async () => {
    const { io, raw } = await world();
    let allow = (): void => {};
    const waiting = new Promise<void>((resolve) => {
      io.of((_name, _auth, next) => {
        allow = () => next(null, true);
        resolve();
      });
    });
    const client = await raw();
    client.send("40/late,");
    await waiting;
    const closed = io.close();
    allow();
    await closed;
    expect([...io._nsps.keys()]).toEqual(["/"]);
    expect(await client.next()).toBeUndefined();
  });

  const decisions: Array<[what: string, (hold: (decide: () => void) => void) => Partial<ServerOptions>]> = [
    ["allowRequest", (hold) => ({ allowRequest: (_req, fn) => hold(() => fn(null, true)) })],
    ["a delegate of cors", (hold) => ({ cors: (_req, fn) => hold(() => fn(null, { origin: true })) })],
  ];
  const transports = ["polling", "websocket"];

  describe.each(decisions)("a handshake that waits for %s", (_what, optionsFor) => {
    test.each(transports)("opens no session over %s, and does not hold up the end", async (transport) => {
      let decide: (() => void) | undefined;
      const { io, url } = await world(
        optionsFor((now) => {
          decide = now;
        }),
      );
      const opened = vi.fn();
      io.engine.on("connection", opened);
      const answer = transport === "polling" ? statusOf(url) : Raw.open(url).then(() => 400);
      await vi.waitFor(() => expect(decide).toBeDefined());
      const closed = io.close();
      await nextTurn();
      decide?.();
      await closed;
      expect(await answer).toBe(400);
      expect(opened).not.toHaveBeenCalled();
    });
  });
});

/** On a connection of its own, which does not stay. */
async function statusOf(url: string): Promise<number | undefined> {
  const [response] = await once(
    get(`${url}/socket.io/?EIO=4&transport=polling`, { agent: false }),
    "response",
  );
  return response.resume().statusCode;
}
