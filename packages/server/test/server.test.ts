/** The server on its ports: attached, listening, serving files, closing. */
import { once } from "node:events";
import { mkdtempSync, writeFileSync } from "node:fs";
import { createServer, get, type IncomingMessage } from "node:http";
import { connect as connectHttp2, createServer as createHttp2Server } from "node:http2";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { brotliDecompressSync, gunzipSync } from "node:zlib";
import createIo, { Server, Socket } from "@sockeye/server";
import { Server as OfficialEngine } from "engine.io";
import { io as connect } from "socket.io-client";
import { describe, expect, test, vi } from "vitest";
import { atEnd, Raw, world } from "./support/world.ts";

const portOf = (server: { address(): unknown }): number => (server.address() as AddressInfo).port;

async function connected(url: string, options = {}) {
  const client = connect(url, { forceNew: true, transports: ["websocket"], ...options });
  atEnd(() => client.disconnect());
  await once(client as never, "connect");
  return client;
}

describe("is made", () => {
  test("with a port, whose address is known at once", async () => {
    const io = new Server(0);
    atEnd(() => io.close());
    await connected(`http://127.0.0.1:${portOf(io.httpServer)}`);
  });

  test("without anything, and attached or listening later, under another path", async () => {
    const io = new Server({ path: "/live/" });
    expect(io.engine).toBeUndefined();
    const httpServer = createServer((_, response) => response.end("other")).listen(0, "127.0.0.1");
    await once(httpServer, "listening");
    expect(io.listen(httpServer)).toBe(io);
    atEnd(() => io.close());
    expect([io.path(), io.httpServer === httpServer]).toEqual(["/live", true]);
    const url = `http://127.0.0.1:${portOf(httpServer)}`;
    await connected(url, { path: "/live" });
    expect(await (await fetch(`${url}/elsewhere`)).text()).toBe("other");
    expect(io.engine.clientsCount).toBe(1);
  });

  test("on several HTTP servers, with one set of namespaces", async () => {
    const io = new Server();
    const servers = [createServer(), createServer()];
    for (const each of servers) {
      await once(each.listen(0, "127.0.0.1"), "listening");
      io.attach(each);
    }
    atEnd(() => io.close());
    for (const each of servers) await connected(`http://127.0.0.1:${portOf(each)}`);
    expect(io.of("/").sockets.size).toBe(2);
    await io.close();
    expect(servers.map(({ listening }) => listening)).toEqual([false, false]);
  });

  test("by the callable face", async () => {
    const io = createIo(createServer(), { pingInterval: 1234 });
    expect(io).toBeInstanceOf(Server);
    expect(io.opts.pingInterval).toBe(1234);
    expect(createIo.Socket).toBe(Socket);
  });

  test("and refuses what it cannot be attached to", () => {
    const io = new Server();
    expect(() => io.attach((() => {}) as never)).toThrow("the http.Server that calls it");
    expect(() => io.attach(null as never)).toThrow("expected an HTTP server or a port");
    expect(() => io.attachApp({})).toThrow("uWebSockets.js is not supported");
    expect(() => new Server({ parser: {} })).toThrow("the parser option takes");
  });
});

test("its settings can be read and set", () => {
  const io = new Server({ serveClient: false, connectTimeout: 5 });
  expect([io.serveClient(), io.connectTimeout(), io.path()]).toEqual([false, 5, "/socket.io"]);
  io.serveClient(true).connectTimeout(10).path("/other");
  expect([io.serveClient(), io.connectTimeout(), io.path()]).toEqual([true, 10, "/other"]);
});

test("its listeners are those of its namespace /", async () => {
  const { io, pair } = await world();
  expect(io.setMaxListeners(50)).toBe(io);
  expect(io.sockets.getMaxListeners()).toBe(50);
  const [first, last] = [vi.fn(), vi.fn()];
  io.on("connection", last);
  io.of("/").prependListener("connection", first);
  await pair();
  expect(first.mock.invocationCallOrder[0]).toBeLessThan(last.mock.invocationCallOrder[0] as number);
  expect(io.listenerCount("connection")).toBe(2);
  io.sockets.removeAllListeners("connection");
  expect(io.listeners("connection")).toEqual([]);
});

test("an engine of another maker is served, too", async () => {
  const httpServer = createServer().listen(0, "127.0.0.1");
  await once(httpServer, "listening");
  const engine = new OfficialEngine();
  engine.attach(httpServer, { path: "/socket.io/" });
  atEnd(() => httpServer.close());
  const io = new Server();
  io.bind(engine);
  atEnd(() => io.close());
  const arrived = once(io, "connection");
  const client = await connected(`http://127.0.0.1:${portOf(httpServer)}`, {
    transports: ["polling", "websocket"],
  });
  const [socket] = await arrived;
  socket.on("echo", (value: unknown, done: (value: unknown) => void) => done(value));
  expect(await client.emitWithAck("echo", Buffer.from([1]))).toEqual(Buffer.from([1]));
  const heard = once(client as never, "x");
  io.volatile.emit("x", 1);
  expect(await heard).toEqual([1]);
  const gone = once(socket, "disconnect");
  client.disconnect();
  expect((await gone)[0]).toBe("client namespace disconnect");
});

describe("closing", () => {
  test("tells every client, closes the HTTP server, calls back and resolves", async () => {
    const { io, pair } = await world();
    const [socket, guest] = await pair();
    const [here, there] = [once(socket, "disconnect"), once(guest as never, "disconnect")];
    const done = vi.fn();
    await io.close(done);
    expect((await here)[0]).toBe("server shutting down");
    expect((await there)[0]).toBe("transport close");
    expect(done).toHaveBeenCalledOnce();
    expect(done.mock.calls[0]?.[0]).toBeUndefined();
    expect((io.httpServer as { listening?: boolean }).listening).toBe(false);
  });

  test("an HTTP/2 server closes too, with the sessions of its clients", async () => {
    const httpServer = createHttp2Server().listen(0, "127.0.0.1");
    await once(httpServer, "listening");
    const io = new Server(httpServer);
    const session = connectHttp2(`http://127.0.0.1:${portOf(httpServer)}`);
    const request = session.request({ ":path": "/socket.io/?EIO=4&transport=polling" });
    const [headers] = await once(request, "response");
    expect(headers[":status"]).toBe(200);
    request.resume();
    const closed = once(session, "close");
    await io.close();
    await closed;
  });

  test("again, or a server that never listened, does not throw", async () => {
    const { io } = await world();
    await io.close();
    await io.close();
    await new Server().close();
    await new Server(createServer()).close();
    const done = vi.fn();
    await io.close(done);
    expect(done.mock.calls[0]?.[0]?.code).toBe("ERR_SERVER_NOT_RUNNING");
  });

  test("a socket with close ends the connection of all its namespaces", async () => {
    const { io, pair } = await world();
    const [socket, guest] = await pair();
    const arrived = once(io.of("/chat"), "connection");
    guest.io.socket("/chat");
    const [inChat] = await arrived;
    const closed = once(guest.io as never, "close");
    const reasons = [once(socket, "disconnect"), once(inChat, "disconnect")];
    socket.disconnect(true);
    expect((await Promise.all(reasons)).map(([reason]) => reason)).toEqual([
      "server namespace disconnect",
      "server namespace disconnect",
    ]);
    await closed;
    expect(socket.disconnect()).toBe(socket);
  });

  test("a socket that is disconnected may be disconnected by its own handlers again", async () => {
    const { pair } = await world();
    const [socket, guest] = await pair();
    const order: unknown[] = [];
    socket.on("disconnecting", () => {
      order.push(["disconnecting", socket.connected, socket.rooms.size]);
      socket.disconnect(true);
    });
    socket.on("disconnect", () => {
      order.push(["disconnect", socket.connected, socket.rooms.size]);
      socket.disconnect(true);
    });
    guest.disconnect();
    await vi.waitFor(() => expect(order.length).toBe(2));
    expect(order).toEqual([
      ["disconnecting", true, 1],
      ["disconnect", false, 0],
    ]);
  });
});

describe("a handshake", () => {
  test("tells headers, address, query, time and auth, also after the connection is gone", async () => {
    const { url, pair } = await world();
    const [socket, guest] = await pair("/", {
      auth: { token: "abc" },
      query: { page: "1" },
      extraHeaders: { "x-custom": "yes", origin: "https://example.com" },
    });
    const before = Date.now();
    guest.disconnect();
    await once(socket, "disconnect");
    const { handshake } = socket;
    expect(handshake).toMatchObject({
      address: "127.0.0.1",
      xdomain: true,
      secure: false,
      auth: { token: "abc" },
    });
    expect(handshake.headers["x-custom"]).toBe("yes");
    expect(handshake.query).toEqual({ page: "1", EIO: "4", transport: "websocket" });
    expect(Object.getPrototypeOf(handshake.query)).toBe(Object.prototype);
    expect(handshake.url).toMatch(/^\/socket.io\/\?page=1&EIO=4/);
    expect(new Date(handshake.time).getTime()).toBeLessThanOrEqual(before);
    expect(handshake.issued).toBeLessThanOrEqual(before);
    expect(socket.handshake).toBe(handshake);
    expect(socket.request.headers.host).toBe(new URL(url).host);
    expect(socket.client.request).toBe(socket.request);
    expect(socket.client.id).toBe(socket.conn.id);
  });

  test("takes no name in a query for more than a name", async () => {
    const { io, url } = await world();
    const arrived = once(io, "connection");
    await (await Raw.open(url, "EIO=4&__proto__=x&constructor=y")).connect();
    const [{ handshake }] = await arrived;
    const { query } = handshake;
    expect(Object.getPrototypeOf(query)).toBe(Object.prototype);
    expect(query.constructor).toBe("y");
    expect(Object.hasOwn(query, "__proto__")).toBe(true);
  });
});

describe("the client's files", () => {
  function fetchFile(url: string, headers: Record<string, string> = {}): Promise<[IncomingMessage, Buffer]> {
    return new Promise((resolve, reject) => {
      get(url, { headers }, async (response) => {
        const chunks: Buffer[] = [];
        for await (const chunk of response) chunks.push(chunk as Buffer);
        resolve([response, Buffer.concat(chunks)]);
      }).on("error", reject);
    });
  }

  function bundles(): string {
    const directory = mkdtempSync(join(tmpdir(), "sockeye-client-"));
    for (const name of ["socket.io.js", "socket.io.min.js.map", "sockeye.esm.min.js", "secret.js"]) {
      writeFileSync(join(directory, name), `/* ${name} */`.repeat(100));
    }
    return directory;
  }

  test("are served by their exact names, typed, tagged and compressed", async () => {
    const { url } = await world({ clientFiles: bundles() });
    const [file, body] = await fetchFile(`${url}/socket.io/socket.io.js?v=1`);
    expect([file.statusCode, file.headers["content-type"], body.toString().slice(0, 18)]).toEqual([
      200,
      "application/javascript; charset=utf-8",
      "/* socket.io.js */",
    ]);
    const [map] = await fetchFile(`${url}/socket.io/socket.io.min.js.map`);
    expect(map.headers["content-type"]).toBe("application/json; charset=utf-8");
    const [whole] = await fetchFile(`${url}/socket.io/sockeye.esm.min.js`);
    expect(whole.statusCode).toBe(200);
    for (const etag of [file.headers.etag as string, `W/${file.headers.etag}`]) {
      const [known] = await fetchFile(`${url}/socket.io/socket.io.js`, { "if-none-match": etag });
      expect([known.statusCode, known.headers.etag]).toEqual([304, file.headers.etag]);
    }
    const [gzip, zipped] = await fetchFile(`${url}/socket.io/socket.io.js`, {
      "accept-encoding": "gzip, br;q=0",
    });
    expect([gzip.headers["content-encoding"], gunzipSync(zipped)]).toEqual(["gzip", body]);
    const [br, brotli] = await fetchFile(`${url}/socket.io/socket.io.js`, {
      "accept-encoding": "gzip, deflate, br",
    });
    expect([br.headers["content-encoding"], brotliDecompressSync(brotli)]).toEqual(["br", body]);
  });

  test("and nothing else is", async () => {
    const { url } = await world({ clientFiles: bundles() });
    for (const name of [
      "secret.js",
      "xsocket.io.js",
      "sockeye.io.js",
      "socket.io.js.bak",
      "..%2fsecret.js",
      "socket.ioxjs",
    ]) {
      expect((await fetchFile(`${url}/socket.io/${name}`))[0].statusCode).toBe(400);
    }
  });

  test("are told to be missing when they are", async () => {
    const { url } = await world({ clientFiles: mkdtempSync(join(tmpdir(), "sockeye-none-")) });
    const [file, body] = await fetchFile(`${url}/socket.io/socket.io.js`);
    expect([file.statusCode, body.toString()]).toEqual([
      404,
      expect.stringContaining("npm install @sockeye/client"),
    ]);
  });

  test("are not served with serveClient: false", async () => {
    const { url } = await world({ serveClient: false, clientFiles: bundles() });
    expect((await fetchFile(`${url}/socket.io/socket.io.js`))[0].statusCode).toBe(400);
  });
});
