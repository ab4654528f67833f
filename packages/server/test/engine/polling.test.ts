/** Long-polling, rule by rule (Engine.IO v4). */
import { FakeClock } from "@sockeye/core/testing";
import { describe, expect, test } from "vitest";
import { PayloadTooLargeError } from "../../src/engine/index.ts";
import { event, openPolling, RawClient, request, startEngine } from "./support.ts";

describe("polling", () => {
  test("the first GET is answered with an open packet of the session's settings", async () => {
    const { url } = await startEngine({ pingInterval: 300, pingTimeout: 200, maxHttpBufferSize: 5000 });
    const response = await request(url, "transport=polling");
    const body = await response.text();
    expect(body[0]).toBe("0");
    expect(JSON.parse(body.slice(1))).toEqual({
      sid: expect.stringMatching(/^[\w-]{20}$/),
      upgrades: ["websocket"],
      pingInterval: 300,
      pingTimeout: 200,
      maxPayload: 5000,
    });
    expect(response.headers.get("content-type")).toBe("text/plain; charset=UTF-8");
    expect(response.headers.get("content-length")).toBe(String(body.length));
    expect(response.headers.get("cache-control")).toBe("no-store");
    expect(response.headers.get("access-control-allow-origin")).toBeNull();
  });

  test("what is sent within the connection event comes with the open packet, initialPacket first", async () => {
    const { engine, url } = await startEngine({ initialPacket: "first" });
    engine.on("connection", (socket) => socket.send("second"));
    const { opening } = await openPolling(url);
    expect(opening.split("\u001e").slice(1)).toEqual(["4first", "4second"]);
  });

  test("a GET waits until there is something to send, and takes all messages of one turn", async () => {
    const { url, nextSession } = await startEngine();
    const opened = nextSession();
    const client = await openPolling(url);
    const socket = await opened;
    const poll = client.poll();
    await event(socket.transport, "ready");
    socket.send("a");
    socket.send(Buffer.from([1, 2, 3]));
    socket.send("b");
    expect(await poll).toEqual(["4a", "bAQID", "4b"]);
  });

  test("a POST with several packets is answered ok, and its messages arrive in order", async () => {
    const { url, nextSession } = await startEngine();
    const opened = nextSession();
    const client = await openPolling(url);
    const received: unknown[] = [];
    (await opened).on("message", (data) => received.push(data));
    const response = await client.post("4hello\u001ebAQIDBA==\u001e4world");
    expect([response.status, await response.text()]).toEqual([200, "ok"]);
    expect(response.headers.get("content-type")).toBe("text/html");
    expect(received).toEqual(["hello", Buffer.from([1, 2, 3, 4]), "world"]);
  });

  test("a second GET is refused and closes the session; the first learns it", async () => {
    const { url, nextSession } = await startEngine();
    const opened = nextSession();
    const client = await openPolling(url);
    const socket = await opened;
    const closed = event(socket, "close");
    const first = client.poll();
    await event(socket.transport, "ready");
    expect((await client.get()).status).toBe(400);
    expect(await first).toEqual(["1"]);
    const [reason, error] = await closed;
    expect([reason, (error as Error).message]).toEqual(["transport error", "overlap from client"]);
    expect((await client.get()).status).toBe(400);
  });

  test("a second POST while one is on its way is refused and closes the session", async () => {
    const { http, port, url, nextSession } = await startEngine();
    const opened = nextSession();
    const client = await openPolling(url);
    const closed = event(await opened, "close");
    const slow = new RawClient(port);
    const arrived = event(http, "request");
    slow.write(
      `POST /engine.io/?EIO=4&transport=polling&sid=${client.sid} HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\n4a`,
    );
    await arrived;
    expect((await client.post("4b")).status).toBe(400);
    expect((await closed)[0]).toBe("transport error");
    await slow.until(/^HTTP\/1.1 400 /);
  });

  test("a GET that the client aborts closes the session", async () => {
    const { url, nextSession } = await startEngine();
    const opened = nextSession();
    const client = await openPolling(url);
    const socket = await opened;
    const abort = new AbortController();
    const poll = client.get({ signal: abort.signal });
    await event(socket.transport, "ready");
    const closed = event(socket, "close");
    abort.abort();
    await expect(poll).rejects.toThrow();
    expect((await closed)[0]).toBe("transport error");
  });

  test("a POST that the client aborts closes the session", async () => {
    const { http, port, url, nextSession } = await startEngine();
    const opened = nextSession();
    const client = await openPolling(url);
    const closed = event(await opened, "close");
    const raw = new RawClient(port);
    const arrived = event(http, "request");
    raw.write(
      `POST /engine.io/?EIO=4&transport=polling&sid=${client.sid} HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\n4a`,
    );
    await arrived;
    raw.socket.destroy();
    expect((await closed)[0]).toBe("transport error");
  });

  test.each(["x", "", "9", "4a\u001e", "b!", "bAQI=\u001ex"])(
    "a body that is no payload (%j) closes the session",
    async (body) => {
      const { url, nextSession } = await startEngine();
      const opened = nextSession();
      const client = await openPolling(url);
      const closed = event(await opened, "close");
      expect((await client.post(body)).status).toBe(400);
      expect((await closed)[0]).toBe("parse error");
    },
  );

  test("binary content is refused: Engine.IO v4 carries it in base64", async () => {
    const { url, nextSession } = await startEngine();
    const opened = nextSession();
    const client = await openPolling(url);
    const closed = event(await opened, "close");
    const response = await client.post("4a", { headers: { "Content-Type": "application/octet-stream" } });
    expect(response.status).toBe(400);
    expect((await closed)[0]).toBe("transport error");
  });

  test("other content types are read as text", async () => {
    const { url, nextSession } = await startEngine();
    const opened = nextSession();
    const client = await openPolling(url);
    const received = event(await opened, "message");
    const response = await client.post("4a", { headers: { "Content-Type": "application/json" } });
    expect([response.status, await received]).toEqual([200, ["a"]]);
  });

  test("methods other than GET and POST are refused, and the session lives on", async () => {
    const { url } = await startEngine();
    const client = await openPolling(url);
    const response = await request(url, `transport=polling&sid=${client.sid}`, { method: "PUT", body: "4a" });
    expect([response.status, response.headers.get("allow")]).toEqual([405, "GET, POST"]);
    expect((await client.post("4a")).status).toBe(200);
  });

  test.each(["announced", "chunked"])(
    "a body over maxHttpBufferSize (%s) gets 413 and closes the session",
    async (kind) => {
      const { url, nextSession } = await startEngine({ maxHttpBufferSize: 1000 });
      const opened = nextSession();
      const client = await openPolling(url);
      const closed = event(await opened, "close");
      const body = `4${"x".repeat(1000)}`;
      const stream = new Blob([body]).stream();
      const init = kind === "chunked" ? { body: stream, duplex: "half" } : {};
      expect((await client.post(body, init as RequestInit)).status).toBe(413);
      const [reason, error] = (await closed) as [string, PayloadTooLargeError];
      expect(reason).toBe("transport error");
      expect(error).toBeInstanceOf(PayloadTooLargeError);
      expect([error.code, error.limit, error.size]).toEqual(["ERR_PAYLOAD_TOO_LARGE", 1000, 1001]);
      expect(error.message).toBe("expected at most 1000 bytes (maxHttpBufferSize), got 1001");
    },
  );

  test("a body of exactly maxHttpBufferSize is taken", async () => {
    const { url } = await startEngine({ maxHttpBufferSize: 1000 });
    const client = await openPolling(url);
    expect((await client.post(`4${"x".repeat(999)}`)).status).toBe(200);
  });

  test("a close packet ends the session", async () => {
    const { engine, url, nextSession } = await startEngine();
    const opened = nextSession();
    const client = await openPolling(url);
    const closed = event(await opened, "close");
    const response = await client.post("1");
    expect([response.status, (await closed)[0], engine.clientsCount]).toEqual([200, "transport close", 0]);
  });

  test("closing between two polls sends what was still to send, then says farewell in a payload of its own", async () => {
    const { url, nextSession } = await startEngine();
    const opened = nextSession();
    const client = await openPolling(url);
    const socket = await opened;
    const closed = event(socket, "close");
    socket.send("last");
    socket.close();
    expect(await client.poll()).toEqual(["4last"]);
    expect(await client.poll()).toEqual(["1"]);
    expect((await closed)[0]).toBe("forced close");
  });

  test("closing gives up on a client that never polls again", async () => {
    const clock = new FakeClock();
    const { url, nextSession } = await startEngine({ clock, pingInterval: 60_000, pingTimeout: 60_000 });
    const opened = nextSession();
    await openPolling(url);
    const socket = await opened;
    const closed = event(socket, "close");
    socket.close();
    expect(socket.readyState).toBe("closing");
    clock.advance(30_000);
    expect((await closed)[0]).toBe("forced close");
    expect(clock.pending).toBe(0);
  });

  test("close(true) ends a waiting poll at once", async () => {
    const { url, nextSession } = await startEngine();
    const opened = nextSession();
    const client = await openPolling(url);
    const socket = await opened;
    const poll = client.poll();
    await event(socket.transport, "ready");
    socket.close(true);
    expect(socket.readyState).toBe("closed");
    expect(await poll).toEqual(["1"]);
  });

  test("a thousand sessions leave nothing behind", async () => {
    const { engine, port } = await startEngine();
    const path = "/engine.io/?EIO=4&transport=polling";
    const connections = Array.from({ length: 50 }, async () => {
      const client = new RawClient(port);
      for (let session = 0; session < 20; session++) {
        client.write(`GET ${path} HTTP/1.1\r\nHost: x\r\n\r\n`);
        const [, sid] = /"sid":"(.+?)".*\}$/.exec(await client.until(/"sid".*\}$/)) as string[];
        client.write(`POST ${path}&sid=${sid} HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\n\r\n1`);
        await client.until(/ok$/);
        client.received = "";
      }
    });
    await Promise.all(connections);
    expect([engine.clientsCount, Object.keys(engine.clients)]).toEqual([0, []]);
  });
});
