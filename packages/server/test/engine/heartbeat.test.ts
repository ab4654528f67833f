/** Heartbeats, by a clock that the test turns. */
import type { Clock, Timer } from "@sockeye/core";
import { FakeClock } from "@sockeye/core/testing";
import { describe, expect, test } from "vitest";
import type { ServerOptions } from "../../src/engine/index.ts";
import { event, openWebSocket, startEngine, wsEngines } from "./support.ts";

describe.each(wsEngines)("heartbeat (%s)", (_name, wsOptions) => {
  async function start(options: ServerOptions = {}, query = "") {
    const clock = new FakeClock();
    const started = await startEngine({
      ...wsOptions,
      clock,
      pingInterval: 1000,
      pingTimeout: 500,
      ...options,
    });
    const opened = started.nextSession();
    const client = openWebSocket(started.port, query);
    const socket = await opened;
    expect(await client.next()).toMatch(/^0\{/);
    return { ...started, clock, client, socket };
  }

  test("the server pings every pingInterval, and a pong keeps the session", async () => {
    const { clock, client, socket } = await start();
    for (let i = 0; i < 3; i++) {
      clock.advance(999);
      expect(socket.pulse).toBe("resting");
      clock.advance(1);
      expect(await client.next()).toBe("2");
      const beat = event(socket, "heartbeat");
      client.send("3");
      await beat;
    }
    expect(socket.readyState).toBe("open");
  });

  test("without a pong within pingTimeout the session ends", async () => {
    const { clock, client, socket, engine } = await start();
    const closed = event(socket, "close");
    clock.advance(1000);
    expect(await client.next()).toBe("2");
    clock.advance(499);
    expect(socket.readyState).toBe("open");
    clock.advance(1);
    expect((await closed)[0]).toBe("ping timeout");
    expect(engine.clientsCount).toBe(0);
    await client.closed;
  });

  test("another packet while a pong is awaited extends the wait, once", async () => {
    const { clock, client, socket } = await start();
    const closed = event(socket, "close");
    clock.advance(1000);
    expect(await client.next()).toBe("2");
    clock.advance(400);
    for (const text of ["a", "b"]) {
      const received = event(socket, "message");
      client.send(`4${text}`);
      await received;
    }
    clock.advance(499);
    expect(socket.readyState).toBe("open");
    clock.advance(1);
    expect((await closed)[0]).toBe("ping timeout");
  });

  test("a client that only ever sends messages is noticed nevertheless", async () => {
    const { clock, client, socket } = await start();
    clock.advance(1000);
    for (let i = 0; i < 3 && socket.readyState === "open"; i++) {
      const received = event(socket, "message");
      client.send("4x");
      await received;
      clock.advance(400);
    }
    expect(socket.readyState).toBe("closed");
  });

  test("pongs that nobody asked for change nothing", async () => {
    const { clock, client, socket } = await start();
    const beat = event(socket, "heartbeat");
    client.send("3");
    await beat;
    clock.advance(1000);
    expect(await client.next()).toBe("2");
  });

  test("one timer serves all sessions, and none remains", async () => {
    const { clock, port, engine, socket } = await start();
    const before = clock.pending;
    const clients = Array.from({ length: 20 }, () => openWebSocket(port));
    await Promise.all(clients.map((client) => client.next()));
    expect([engine.clientsCount, clock.pending]).toEqual([21, before]);
    const gone = Object.values(engine.clients).map((session) => event(session, "close"));
    engine.close();
    await Promise.all(gone);
    expect(socket.readyState).toBe("closed");
    for (const client of clients) client.ws.terminate();
    await Promise.all(clients.map((client) => client.closed));
  });
});

test("every timer is gone with the last session", async () => {
  const clock = new FakeClock();
  const { port, nextSession } = await startEngine({ clock });
  const opened = nextSession();
  const client = openWebSocket(port);
  const socket = await opened;
  expect(clock.pending).toBe(1);
  const closed = event(socket, "close");
  client.close();
  await closed;
  await client.closed;
  expect(clock.pending).toBe(0);
});

describe("after a pause of the whole process", () => {
  /** A clock whose timers are noticed late, as after a long computation. */
  class LateClock implements Clock {
    #now = 0;
    #tasks: Array<() => void> = [];
    now = (): number => this.#now;
    setTimeout = (task: () => void): Timer => this.#tasks.push(task);
    clearTimeout = (): void => {};

    pause(ms: number): void {
      this.#now += ms;
      for (const task of this.#tasks.splice(0)) task();
    }
  }

  test.each([true, false])(
    "a client is judged by what it has sent meanwhile (pong sent: %s)",
    async (answers) => {
      const clock = new LateClock();
      const { port, nextSession } = await startEngine({ clock, pingInterval: 1000, pingTimeout: 500 });
      const opened = nextSession();
      const client = openWebSocket(port);
      const socket = await opened;
      await client.next();
      clock.pause(1000);
      expect(await client.next()).toBe("2");
      const over = Promise.race([
        event(socket, "heartbeat").then(() => ["heartbeat"]),
        event(socket, "close"),
      ]);
      // In a timer, as the platform's own clock would tell.
      setTimeout(() => {
        if (answers) client.send("3");
        clock.pause(60_000);
      }, 0);
      expect((await over)[0]).toBe(answers ? "heartbeat" : "ping timeout");
    },
  );
});

describe("Engine.IO v3", () => {
  test("the client pings, the server answers, and silence ends the session", async () => {
    const clock = new FakeClock();
    const { port, nextSession } = await startEngine({
      clock,
      allowEIO3: true,
      pingInterval: 1000,
      pingTimeout: 500,
    });
    const opened = nextSession();
    const client = openWebSocket(port, "", undefined, 3);
    const socket = await opened;
    expect(await client.next()).toMatch(/^0\{/);
    clock.advance(1499);
    client.send("2");
    expect(await client.next()).toBe("3");
    client.send("2probe");
    expect(await client.next()).toBe("3probe");
    const closed = event(socket, "close");
    clock.advance(1499);
    expect(socket.readyState).toBe("open");
    clock.advance(1);
    expect((await closed)[0]).toBe("ping timeout");
  });
});
