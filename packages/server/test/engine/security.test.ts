/** Attacks that happened to systems of this kind: a clear refusal, bounded memory, and everybody else lives on. */

import { FakeClock } from "@sockeye/core/testing";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import {
  event,
  handshake,
  openPolling,
  openWebSocket,
  RawClient,
  startEngine,
  type TestEngine,
  wsEngines,
} from "./support.ts";

const crashes: unknown[] = [];
const onCrash = (error: unknown): void => void crashes.push(error);
beforeEach(() => {
  crashes.length = 0;
  process.on("uncaughtExceptionMonitor", onCrash);
});
afterEach(() => {
  process.off("uncaughtExceptionMonitor", onCrash);
  expect(crashes).toEqual([]);
});

/** A bystander whose session must survive. */
async function bystander({ port, nextSession }: TestEngine) {
  const opened = nextSession();
  const client = openWebSocket(port);
  const socket = await opened;
  await client.next();
  return async () => {
    socket.send("are you there?");
    expect(await client.next()).toBe("4are you there?");
    const answer = event(socket, "message");
    client.send("4yes");
    expect(await answer).toEqual(["yes"]);
  };
}

const post = (sid: string, headers: string) =>
  `POST /engine.io/?EIO=4&transport=polling&sid=${sid} HTTP/1.1\r\nHost: x\r\n${headers}\r\n\r\n`;

describe("long-polling", () => {
  test("an endless body is refused at the limit, whatever still comes (CVE-2020-36048)", async () => {
    const started = await startEngine({ maxHttpBufferSize: 100_000 });
    const lives = await bystander(started);
    const opened = started.nextSession();
    const { sid } = await openPolling(started.url);
    const closed = event(await opened, "close");
    const client = new RawClient(started.port);
    client.write(post(sid, "Transfer-Encoding: chunked"));
    const chunk = `2710\r\n${"4".repeat(10_000)}\r\n`;
    for (let i = 0; i < 100; i++) client.write(chunk);
    await client.until(/^HTTP\/1.1 413 /);
    expect((await closed)[1]).toMatchObject({ code: "ERR_PAYLOAD_TOO_LARGE", limit: 100_000, size: 110_000 });
    for (let i = 0; i < 500; i++) client.write(chunk);
    await lives();
  });

  test("an announced 100 MB is refused before it is sent", async () => {
    const started = await startEngine();
    const { sid } = await openPolling(started.url);
    const client = new RawClient(started.port);
    client.write(post(sid, "Content-Length: 100000000"));
    await client.until(/^HTTP\/1.1 413 /);
  });

  test("a body in a hundred thousand pieces is read in linear time", async () => {
    const started = await startEngine();
    const opened = started.nextSession();
    const { sid } = await openPolling(started.url);
    const message = event(await opened, "message");
    const client = new RawClient(started.port);
    const pieces = 100_000;
    client.write(post(sid, "Transfer-Encoding: chunked"));
    client.write(`1\r\n4\r\n${"5\r\nabcde\r\n".repeat(pieces)}0\r\n\r\n`);
    await client.until(/ok$/);
    expect((await message)[0]).toHaveLength(5 * pieces);
  });

  test("hundreds of thousands of packets in one body are handled", async () => {
    const started = await startEngine();
    const lives = await bystander(started);
    const opened = started.nextSession();
    const client = await openPolling(started.url);
    let messages = 0;
    (await opened).on("message", () => messages++);
    expect((await client.post("4\u001e".repeat(300_000).slice(0, -1))).status).toBe(200);
    expect(messages).toBe(300_000);
    await lives();
  });

  test("a POST that never ends is answered when its session ends", async () => {
    const clock = new FakeClock();
    const started = await startEngine({ clock, pingInterval: 1000, pingTimeout: 1000 });
    const opened = started.nextSession();
    const { sid } = await openPolling(started.url);
    const closed = event(await opened, "close");
    const client = new RawClient(started.port);
    const arrived = event(started.http, "request");
    client.write(`${post(sid, "Content-Length: 1000")}4`);
    await arrived;
    clock.advance(2000);
    expect((await closed)[0]).toBe("ping timeout");
    await client.until(/^HTTP\/1.1 400 /);
    await client.ended;
  });

  test("the ids of a session's packets and of objects are different things", async () => {
    const started = await startEngine();
    for (const sid of ["__proto__", "constructor", "toString", "hasOwnProperty"]) {
      const response = await fetch(`${started.url}/engine.io/?EIO=4&transport=polling&sid=${sid}`);
      expect(await response.json()).toEqual({ code: 1, message: "Session ID unknown" });
    }
    expect(Object.getPrototypeOf(started.engine.clients)).toBeNull();
  });

  test.each([
    "//engine.io/?EIO=4",
    "/engine.io/?%",
    "/engine.io/?EIO=4&transport=%E0%A4%A",
    "/engine.io/?&&&==&",
    "http://x/engine.io/",
  ])("a malformed target (%s) is answered", async (target) => {
    const started = await startEngine();
    started.http.on("request", (_req, res) => res.headersSent || res.writeHead(404).end());
    const client = new RawClient(started.port);
    client.write(`GET ${target} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`);
    await client.until(/^HTTP\/1.1 4\d\d /);
  });
});

describe.each(wsEngines)("WebSocket (%s)", (_name, options) => {
  test.each([
    ["reserved bits", "\xf1\x80\0\0\0\0"],
    ["an unknown opcode", "\x83\x80\0\0\0\0"],
    ["no mask", "\x81\x01x"],
    ["a control frame of 126 bytes", "\x89\xfe\x00\x7e\0\0\0\0"],
    ["a fragment of nothing", "\x80\x80\0\0\0\0"],
  ])(
    "%s in the first bytes after the 101 (CVE-2022-21676) closes that connection alone",
    async (_what, bytes) => {
      const started = await startEngine(options);
      const lives = await bystander(started);
      const client = new RawClient(started.port);
      client.write(handshake("") + bytes);
      await client.ended;
      expect(client.received).toMatch(/^HTTP\/1.1 101 /);
      await lives();
      expect(started.engine.clientsCount).toBe(1);
    },
  );

  test("a candidate for an upgrade that breaks the protocol leaves the session alone", async () => {
    const started = await startEngine(options);
    const polling = await openPolling(started.url);
    const client = new RawClient(started.port);
    client.write(`${handshake(`&sid=${polling.sid}`)}\xf1\x80\0\0\0\0`);
    await client.ended;
    expect((await polling.post("4a")).status).toBe(200);
  });

  test("a reset right after a refused handshake (CVE-2022-41940) does no harm", async () => {
    const started = await startEngine(options);
    const lives = await bystander(started);
    for (let i = 0; i < 20; i++) {
      const client = new RawClient(started.port);
      await event(client.socket, "connect");
      client.write(handshake("&sid=nobody"));
      if (i % 2) await new Promise((resolve) => setImmediate(resolve));
      client.socket.resetAndDestroy();
    }
    await lives();
  });

  test.each([
    "Sec-WebSocket-Extensions: constructor; __proto__=1",
    `Sec-WebSocket-Protocol: ${"a ,".repeat(2000)}`,
    "Sec-WebSocket-Extensions: permessage-deflate; toString",
  ])("strange headers are answered (%.60s)", async (header) => {
    const started = await startEngine({ ...options, perMessageDeflate: true });
    const lives = await bystander(started);
    const client = new RawClient(started.port);
    client.write(handshake("", `${header}\r\n`));
    await client.until(/^HTTP\/1.1 (101|400) /);
    await lives();
  });

  test("an upgrade to something else is refused", async () => {
    const started = await startEngine(options);
    const client = new RawClient(started.port);
    client.write(handshake("").replace("Upgrade: websocket", "Upgrade: h2c"));
    await client.until(/^HTTP\/1.1 400 /);
    await client.ended;
    expect(started.engine.clientsCount).toBe(0);
  });

  test("a flood of pings, pongs, noops and upgrades is ignored", async () => {
    const started = await startEngine(options);
    const opened = started.nextSession();
    const client = openWebSocket(started.port);
    const socket = await opened;
    await client.next();
    for (let i = 0; i < 5000; i++) for (const frame of ["2", "3", "5", "6", "0"]) client.send(frame);
    const message = event(socket, "message");
    client.send("4still fine");
    expect(await message).toEqual(["still fine"]);
    socket.send("yes");
    expect(await client.next()).toBe("4yes");
  });

  test("a client that does not read costs its own messages only, and bufferedAmount tells", async () => {
    const started = await startEngine(options);
    const lives = await bystander(started);
    const opened = started.nextSession();
    const client = openWebSocket(started.port);
    const socket = await opened;
    await client.next();
    client.ws.pause();
    for (let i = 0; i < 200; i++) socket.send("x".repeat(100_000));
    await lives();
    expect(socket.bufferedAmount).toBeGreaterThan(1_000_000);
    const closed = event(socket, "close");
    client.ws.terminate();
    await closed;
  });
});

test("an error nobody listens for is no crash", async () => {
  const started = await startEngine();
  const opened = started.nextSession();
  const client = await openPolling(started.url);
  const socket = await opened;
  await client.post("not a packet");
  expect([socket.readyState, socket.listenerCount("error")]).toEqual(["closed", 0]);
});
