/** The engine as a guest: paths, other routes, several servers, HTTP/2, and the end. */
import { once } from "node:events";
import { createServer, type Server as HttpServer } from "node:http";
import { connect, createServer as createHttp2Server, type Http2Server } from "node:http2";
import type { AddressInfo, Socket } from "node:net";
import { FakeClock } from "@sockeye/core/testing";
import { describe, expect, test } from "vitest";
import { attach, listen, protocol, Server, transports } from "../../src/engine/index.ts";
import { event, handshake, onEnd, openPolling, openWebSocket, RawClient, startEngine } from "./support.ts";

describe("paths", () => {
  test.each([
    [{}, "/engine.io/", 200],
    [{}, "/engine.io/deeper", 200],
    [{}, "/engine.io", 404],
    [{}, "/engine.iox/", 404],
    [{ path: "/my/path" }, "/my/path/", 200],
    [{ path: "/my/path/" }, "/my/path/", 200],
    [{ addTrailingSlash: false }, "/engine.io", 200],
    [{ addTrailingSlash: false }, "/engine.io/", 200],
    [{ addTrailingSlash: false }, "/engine.iox", 404],
  ])("%j serves %s: %i", async (options, path, status) => {
    const http = createServer((_req, res) => {
      res.writeHead(404);
      res.end();
    });
    const { url } = await startEngine(options, http);
    expect((await fetch(`${url}${path}?EIO=4&transport=polling`)).status).toBe(status);
  });

  test("other routes and two engines live side by side", async () => {
    const http = createServer((req, res) => res.end(`app ${req.url}`));
    const first = attach(http, { path: "/one" });
    const { url, port, engine: second } = await startEngine({ path: "/two" }, http);
    for (const path of ["/one/", "/two/"]) {
      expect((await fetch(`${url}${path}?EIO=4&transport=polling`)).status).toBe(200);
    }
    expect(await (await fetch(`${url}/three`)).text()).toBe("app /three");
    for (const path of ["one", "two"]) {
      const client = new RawClient(port);
      client.write(handshake("").replace("engine.io", path));
      await client.until(/0\{/);
    }
    expect([first.clientsCount, second.clientsCount]).toEqual([2, 2]);
    first.close();
  });

  test("one engine serves several servers", async () => {
    const { engine, url, nextSession } = await startEngine();
    const other = createServer().listen(0, "127.0.0.1");
    onEnd(() => other.close());
    engine.attach(other, { path: "/other" });
    await openPolling(url);
    const opened = nextSession();
    const { port } = other.address() as AddressInfo;
    await fetch(`http://127.0.0.1:${port}/other/?EIO=4&transport=polling`);
    await opened;
    expect(engine.clientsCount).toBe(2);
  });
});

describe("upgrades of other paths", () => {
  test("are ended when nobody answers them", async () => {
    const clock = new FakeClock();
    const { http, port } = await startEngine({ clock, destroyUpgradeTimeout: 20 });
    const client = new RawClient(port);
    client.write(handshake("").replace("engine.io", "other"));
    await event(http, "upgrade");
    clock.advance(20);
    await client.ended;
    expect(client.received).toBe("");
  });

  test("stay open when somebody has answered, or destroyUpgrade is off", async () => {
    const clock = new FakeClock();
    const answering = await startEngine({ clock, destroyUpgradeTimeout: 20 });
    answering.http.on("upgrade", (_req, socket) => socket.write("HTTP/1.1 101 Mine\r\n\r\n"));
    const leaving = await startEngine({ clock, destroyUpgrade: false, destroyUpgradeTimeout: 20 });
    for (const { http, port } of [answering, leaving]) {
      const client = new RawClient(port);
      client.write(handshake("").replace("engine.io", "other"));
      const [, socket] = (await event(http, "upgrade")) as [unknown, Socket];
      onEnd(() => socket.destroy());
      clock.advance(20);
      expect([socket.destroyed, socket.writableEnded]).toEqual([false, false]);
    }
  });

  test("a reset while they wait does no harm", async () => {
    const clock = new FakeClock();
    const { http, port, url } = await startEngine({ clock, destroyUpgradeTimeout: 50 });
    const client = new RawClient(port);
    client.write(handshake("").replace("engine.io", "other"));
    const [, socket] = (await event(http, "upgrade")) as [unknown, Socket];
    const closed = event(socket, "close");
    client.socket.resetAndDestroy();
    await closed;
    clock.advance(50);
    expect((await openPolling(url)).sid).toBeTruthy();
  });
});

test("HTTP/2 serves polling through Node's compatibility API", async () => {
  const http2: Http2Server = createHttp2Server();
  const engine = new Server();
  engine.attach(http2 as unknown as Parameters<Server["attach"]>[0]);
  http2.listen(0, "127.0.0.1");
  await once(http2, "listening");
  const session = connect(`http://127.0.0.1:${(http2.address() as AddressInfo).port}`);
  onEnd(() => {
    session.destroy();
    engine.close();
    http2.close();
  });
  const call = async (query: string, body?: string) => {
    const stream = session.request({
      ":path": `/engine.io/?EIO=4&transport=polling${query}`,
      ":method": body === undefined ? "GET" : "POST",
    });
    if (body !== undefined) stream.write(body);
    stream.end();
    stream.setEncoding("utf8");
    let text = "";
    let status = 0;
    stream.on("response", (headers) => {
      status = headers[":status"] as number;
    });
    stream.on("data", (chunk: string) => {
      text += chunk;
    });
    await once(stream, "end");
    return { status, text };
  };
  const opened = event(engine, "connection");
  const { text } = await call("");
  const [socket] = (await opened) as [import("../../src/engine/index.ts").Socket];
  const { sid } = JSON.parse(text.slice(1)) as { sid: string };
  socket.on("message", (data) => socket.send(`re:${data}`));
  const poll = call(`&sid=${sid}`);
  await event(socket.transport, "ready");
  expect(await call(`&sid=${sid}`, "4hello")).toEqual({ status: 200, text: "ok" });
  expect(await poll).toEqual({ status: 200, text: "4re:hello" });
  expect((await call("&sid=nobody")).status).toBe(400);
  // A client that gives up its poll ends the session here as well.
  const closed = event(socket, "close");
  const stream = session.request({ ":path": `/engine.io/?EIO=4&transport=polling&sid=${sid}` });
  await event(socket.transport, "ready");
  stream.close();
  expect((await closed)[0]).toBe("transport error");
});

describe("the end", () => {
  test("close() ends all sessions and keeps the HTTP server", async () => {
    const { engine, url, port } = await startEngine();
    const polling = await openPolling(url);
    const ws = openWebSocket(port);
    await ws.next();
    expect(engine.close()).toBe(engine);
    expect(engine.clientsCount).toBe(0);
    await ws.closed;
    expect((await polling.get()).status).toBe(400);
    expect((await openPolling(url)).sid).toBeTruthy();
  });

  test("closing the HTTP server ends all sessions", async () => {
    const { engine, http, port } = await startEngine();
    const ws = openWebSocket(port);
    await ws.next();
    const [socket] = Object.values(engine.clients);
    const closed = event(socket as NodeJS.EventEmitter, "close");
    http.close();
    http.closeAllConnections();
    ws.ws.terminate();
    await closed;
    expect(engine.clientsCount).toBe(0);
  });
});

test("listen() serves the engine alone on a port", async () => {
  const engine = await new Promise<Server>((resolve) => {
    const made: Server = listen(0, { path: "/x" }, () => resolve(made));
  });
  onEnd(() => engine.httpServer?.close());
  const { port } = (engine.httpServer as HttpServer).address() as AddressInfo;
  const other = await fetch(`http://127.0.0.1:${port}/`);
  expect([other.status, await other.text()]).toEqual([501, "Not Implemented"]);
  expect((await fetch(`http://127.0.0.1:${port}/x/?EIO=4&transport=polling`)).status).toBe(200);
});

test("handleRequest and handleUpgrade serve without attaching", async () => {
  const engine = new Server();
  const http = createServer((req, res) => engine.handleRequest(req, res));
  http.on("upgrade", (req, socket, head) => engine.handleUpgrade(req, socket, head));
  http.listen(0, "127.0.0.1");
  await once(http, "listening");
  onEnd(() => {
    engine.close();
    http.closeAllConnections();
    http.close();
  });
  const { port } = http.address() as AddressInfo;
  await openPolling(`http://127.0.0.1:${port}`);
  expect(await openWebSocket(port).next()).toMatch(/^0\{/);
  expect(engine.clientsCount).toBe(2);
});

test("the module's other names are those of engine.io", () => {
  expect(protocol).toBe(4);
  expect(Object.keys(transports)).toEqual(["polling", "websocket", "webtransport"]);
  expect(Server.errors.FORBIDDEN).toBe(4);
  expect(Server.errorMessages[Server.errors.UNKNOWN_SID]).toBe("Session ID unknown");
});
