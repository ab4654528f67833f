/** From polling to WebSocket: nothing lost, doubled or out of order, also when it breaks off. */
import { FakeClock } from "@sockeye/core/testing";
import { describe, expect, test } from "vitest";
import { event, openPolling, openWebSocket, RawClient, request, startEngine, wsEngines } from "./support.ts";

describe.each(wsEngines)("upgrade (%s)", (_name, options) => {
  async function open(extra: object = {}) {
    const started = await startEngine({ ...options, ...extra });
    const opened = started.nextSession();
    const client = await openPolling(started.url);
    const socket = await opened;
    const probe = () => openWebSocket(started.port, `&sid=${client.sid}`);
    return { ...started, client, socket, probe };
  }

  async function confirmed(candidate: ReturnType<typeof openWebSocket>): Promise<void> {
    await event(candidate.ws, "open");
    candidate.send("2probe");
    expect(await candidate.next()).toBe("3probe");
  }

  /** The server has all that the candidate has sent. */
  async function heard(candidate: ReturnType<typeof openWebSocket>): Promise<void> {
    candidate.ws.ping();
    await event(candidate.ws, "pong");
  }

  test("a probe is answered, the waiting poll is released, and the session moves", async () => {
    const { client, socket, probe, url } = await open();
    const poll = client.poll();
    await event(socket.transport, "ready");
    const upgrading = event(socket, "upgrading");
    const candidate = probe();
    await confirmed(candidate);
    await upgrading;
    expect([socket.upgrading, socket.upgraded, socket.transport.name]).toEqual([true, false, "polling"]);
    expect(await poll).toEqual(["6"]);
    const upgraded = event(socket, "upgrade");
    candidate.send("5");
    await upgraded;
    expect([socket.upgrading, socket.upgraded, socket.transport.name]).toEqual([false, true, "websocket"]);
    socket.send("over there");
    expect(await candidate.next()).toBe("4over there");
    expect((await client.get()).status).toBe(400);
    expect(
      (await request(url, `transport=polling&sid=${client.sid}`, { method: "POST", body: "4a" })).status,
    ).toBe(400);
    expect(socket.readyState).toBe("open");
  });

  test("what is sent while the client pauses leaves on the new transport, in order", async () => {
    const { socket, probe } = await open();
    const candidate = probe();
    await confirmed(candidate);
    for (let i = 0; i < 10; i++) socket.send(`${i}`);
    expect(socket.writeBuffer).toHaveLength(10);
    expect(socket.bufferedAmount).toBe(10);
    candidate.send("5");
    for (let i = 0; i < 10; i++) expect(await candidate.next()).toBe(`4${i}`);
    expect([socket.writeBuffer, socket.bufferedAmount]).toEqual([[], 0]);
  });

  test("what a POST still carries stays before what the new transport brings", async () => {
    const { port, client, socket, probe } = await open();
    const received: unknown[] = [];
    const complete = new Promise<void>((resolve) => {
      socket.on("message", (data) => received.push(data) === 5 && resolve());
    });
    const post = new RawClient(port);
    post.write(
      `POST /engine.io/?EIO=4&transport=polling&sid=${client.sid} HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\n4a`,
    );
    const candidate = probe();
    await confirmed(candidate);
    candidate.send("5");
    candidate.send("4c");
    candidate.send("4d");
    candidate.send("4e");
    await heard(candidate);
    expect([received, socket.upgrading]).toEqual([[], true]);
    post.write("\u001e4b");
    await post.until(/\r\n\r\nok$/);
    await complete;
    expect(received).toEqual(["a", "b", "c", "d", "e"]);
    expect(socket.transport.name).toBe("websocket");
  });

  test("the session ends when the POST breaks off after the client has moved", async () => {
    const { port, client, socket, probe } = await open();
    const post = new RawClient(port);
    post.write(
      `POST /engine.io/?EIO=4&transport=polling&sid=${client.sid} HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\n4a`,
    );
    const candidate = probe();
    await confirmed(candidate);
    candidate.send("5");
    candidate.send("4c");
    const closed = event(socket, "close");
    await heard(candidate);
    post.socket.destroy();
    expect((await closed)[0]).toBe("transport error");
    await candidate.closed;
  });

  test("a candidate that breaks off leaves the session on polling", async () => {
    const { client, socket, probe } = await open();
    for (const step of ["before the probe", "after it"]) {
      const candidate = probe();
      if (step === "after it") await confirmed(candidate);
      else await event(candidate.ws, "open");
      candidate.ws.terminate();
      while (socket.upgrading) await new Promise((resolve) => setTimeout(resolve, 5));
      socket.send(step);
      expect(await client.poll()).toEqual([`4${step}`]);
    }
    expect([socket.readyState, socket.upgraded]).toEqual(["open", false]);
  });

  test.each(["4message", "2", "2other", "5", "x"])(
    "a candidate that begins with %j is closed",
    async (frame) => {
      const { client, socket, probe } = await open();
      const candidate = probe();
      await event(candidate.ws, "open");
      candidate.send(frame);
      await candidate.closed;
      expect([socket.upgrading, socket.readyState]).toEqual([false, "open"]);
      expect((await client.post("4a")).status).toBe(200);
    },
  );

  test("an upgrade that does not finish in upgradeTimeout is given up", async () => {
    const clock = new FakeClock();
    const { client, socket, probe } = await open({ clock, upgradeTimeout: 300 });
    const candidate = probe();
    await confirmed(candidate);
    clock.advance(300);
    await candidate.closed;
    expect([socket.upgrading, socket.transport.name]).toEqual([false, "polling"]);
    expect((await client.post("4a")).status).toBe(200);
  });

  test("polls are released again every 100 ms until the client has paused", async () => {
    const clock = new FakeClock();
    const { client, socket, probe } = await open({ clock });
    await confirmed(probe());
    for (let i = 0; i < 3; i++) {
      const poll = client.poll();
      await event(socket.transport, "ready");
      clock.advance(100);
      expect(await poll).toEqual(["6"]);
    }
  });

  test("one WebSocket per session: a second one is closed, the first goes on", async () => {
    const { socket, probe } = await open();
    const first = probe();
    await confirmed(first);
    const second = probe();
    await second.closed;
    first.send("5");
    await event(socket, "upgrade");
    const third = probe();
    await third.closed;
    socket.send("still here");
    expect(await first.next()).toBe("4still here");
  });

  test("with allowUpgrades off none is offered nor taken", async () => {
    const { client, socket, probe } = await open({ allowUpgrades: false });
    expect(client.upgrades).toEqual([]);
    await probe().closed;
    expect([socket.upgrading, socket.readyState]).toEqual([false, "open"]);
  });

  test("closing the session midway closes both transports", async () => {
    const { client, socket, probe } = await open();
    const candidate = probe();
    await confirmed(candidate);
    const closed = event(socket, "close");
    await client.post("1");
    expect((await closed)[0]).toBe("transport close");
    await candidate.closed;
  });

  test("the server's close midway goes with the client to the new transport, after all messages", async () => {
    const { socket, probe } = await open();
    const candidate = probe();
    await confirmed(candidate);
    const closed = event(socket, "close");
    socket.send("last words");
    socket.close();
    candidate.send("5");
    expect(await candidate.next()).toBe("4last words");
    expect(await candidate.next()).toBe("closed");
    expect((await closed)[0]).toBe("forced close");
  });

  test("the server's close midway goes along even with nothing left to say", async () => {
    const { socket, probe, engine } = await open();
    const candidate = probe();
    await confirmed(candidate);
    const closed = event(socket, "close");
    socket.close();
    candidate.send("5");
    expect((await closed)[0]).toBe("forced close");
    expect(await candidate.next()).toBe("closed");
    expect(engine.clientsCount).toBe(0);
  });

  test("the server's close midway reaches a client that stays on polling", async () => {
    const { client, socket, probe } = await open();
    const candidate = probe();
    await confirmed(candidate);
    socket.close();
    candidate.ws.terminate();
    while (socket.upgrading) await new Promise((resolve) => setTimeout(resolve, 5));
    expect(await client.poll()).toEqual(["1"]);
    expect(socket.readyState).toBe("closed");
  });
});
