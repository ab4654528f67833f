/** What the client can do in Node.js alone: headers, cookies, TLS, agents, and letting the process end. */
import { execFile } from "node:child_process";
import { Agent, createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { createServer as createTlsServer, Agent as TlsAgent } from "node:https";
import type { AddressInfo } from "node:net";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { freePort } from "@sockeye/cluster/testing";
import { FakeClock } from "@sockeye/core/testing";
import { build } from "esbuild";
import { Server } from "socket.io";
import { beforeAll, describe, expect, onTestFinished, test, vi } from "vitest";
import { io } from "../src/index.node.ts";
import { CookieJar, parseCookie } from "../src/transports/cookie-jar.ts";
import { cert, key } from "./certificate.ts";
import { connect } from "./client.ts";
import { serve, servers } from "./servers.ts";
import { next, until } from "./wait.ts";

const both: [string][] = [["polling"], ["websocket"]];

describe.each(servers)("with %s", (_name, make) => {
  test.each(both)("extra headers travel by %s", async (transport) => {
    const { io: server, url } = await serve(make);
    const socket = connect(url, { transports: [transport], extraHeaders: { "X-Token": "t", Cookie: "a=b" } });
    const [peer] = (await Promise.all([next(server, "connection"), socket.whenConnected()]))[0] as [
      { handshake: { headers: object } },
    ];
    expect(peer.handshake.headers).toMatchObject({ "x-token": "t", cookie: "a=b" });
  });

  test("keeps the server's cookies under withCredentials, on either transport", async () => {
    const { io: server, url } = await serve(make, { cookie: { name: "io", httpOnly: true } });
    const seen: unknown[] = [];
    server.engine.on("headers", (_headers: object, request: IncomingMessage) =>
      seen.push(request.headers.cookie),
    );
    const upgraded = new Promise((resolve) => {
      server.engine.on(
        "connection",
        (session: {
          id: string;
          once(event: string, listener: () => void): void;
          transport: { name: string };
        }) => {
          session.once("upgrade", () => resolve(session.id));
        },
      );
    });
    const socket = connect(url, { withCredentials: true, extraHeaders: { cookie: "mine=1" } });
    const sid = await upgraded;
    await socket.whenConnected();
    expect(seen[0]).toBe("mine=1");
    expect(seen.slice(1).every((cookie) => cookie === `mine=1; io=${sid}`)).toBe(true);
    expect(seen.length).toBeGreaterThan(1);
  });

  test("forgets the server's cookies without it", async () => {
    const { io: server, url } = await serve(make, { cookie: true });
    const seen: unknown[] = [];
    server.engine.on("headers", (_headers: object, request: IncomingMessage) =>
      seen.push(request.headers.cookie),
    );
    server.on("connection", (peer) => peer.on("x", (done) => done()));
    await connect(url, { transports: ["polling"] }).emitWithAck("x");
    expect(new Set(seen)).toEqual(new Set([undefined]));
  });

  test("offers sub-protocols, and compresses with ws", async () => {
    const { io: server, url } = await serve(make, { perMessageDeflate: true });
    const headers = vi.fn();
    server.engine.on("initial_headers", (_headers: object, request: IncomingMessage) =>
      headers(request.headers),
    );
    const socket = connect(url, {
      transports: ["websocket"],
      protocols: ["chat"],
      perMessageDeflate: { threshold: 1 },
    });
    server.on("connection", (peer) => peer.on("echo", (text, done) => done(text)));
    expect(await socket.emitWithAck("echo", "x".repeat(5000))).toHaveLength(5000);
    expect(headers.mock.calls[0]?.[0]).toMatchObject({ "sec-websocket-protocol": "chat" });
    expect(headers.mock.calls[0]?.[0]["sec-websocket-extensions"]).toMatch(/permessage-deflate/);
  });
});

test.each(both)("hands binary over as binaryType says, by %s", async (transport) => {
  const { io: server, url } = await serve((http, options) => new Server(http, options));
  server.on("connection", (peer) => peer.on("echo", (bytes, done) => done(bytes)));
  const socket = connect(url, { transports: [transport] });
  await socket.whenConnected();
  const bytes = Buffer.from([1, 2, 3]);
  expect(await socket.emitWithAck("echo", bytes)).toEqual(bytes);
  socket.io.engine.binaryType = "arraybuffer";
  expect(await socket.emitWithAck("echo", bytes)).toEqual(new Uint8Array(bytes).buffer);
  socket.io.engine.binaryType = "blob";
  const blob = await socket.emitWithAck("echo", bytes);
  expect([blob instanceof Blob, Buffer.from(await blob.arrayBuffer())]).toEqual([true, bytes]);
});

async function serveTls(): Promise<string> {
  const https = createTlsServer({ key, cert });
  const server = new Server(https);
  onTestFinished(() => void server.close());
  await new Promise<void>((resolve) => https.listen(0, "127.0.0.1", resolve));
  return `https://localhost:${(https.address() as AddressInfo).port}`;
}

describe.each(both)("TLS by %s", (transport) => {
  test("refuses a certificate that nobody vouches for", async () => {
    const socket = connect(await serveTls(), { transports: [transport], reconnection: false });
    await expect(socket.whenConnected()).rejects.toThrow(/error/);
  });

  test("takes one whose authority is given, or that need not be checked", async () => {
    const url = await serveTls();
    await connect(url, { transports: [transport], ca: cert }).whenConnected({ timeout: 5000 });
    await connect(url, { transports: [transport], rejectUnauthorized: false }).whenConnected({
      timeout: 5000,
    });
    const agent = new TlsAgent({ ca: cert });
    onTestFinished(() => agent.destroy());
    await connect(url, { transports: [transport], agent }).whenConnected({ timeout: 5000 });
  });
});

test.each(both)("uses the agent that it is given, by %s", async (transport) => {
  const { url } = await serve((http, options) => new Server(http, options));
  const agent = new Agent({ keepAlive: true });
  onTestFinished(() => agent.destroy());
  const created = vi.spyOn(agent, "createConnection" as never);
  await connect(url, { transports: [transport], agent }).whenConnected();
  expect(created).toHaveBeenCalled();
});

test("makes no request on a connection that the server may be closing as idle, when timers are late", async () => {
  const { io: server, http, url } = await serve((http, options) => new Server(http, options));
  const [seen, again] = [new Set<object>(), [] as boolean[]];
  http.on("request", ({ method, socket }) => {
    if (method === "POST") again.push(seen.has(socket));
    seen.add(socket);
  });
  server.on("connection", (peer) => peer.on("echo", (text, done) => done(text)));
  const socket = connect(url, { transports: ["polling"] });
  const echo = async (text: string): Promise<void> => {
    expect(await socket.emitWithAck("echo", text)).toBe(text);
    await socket.drained();
  };
  await echo("first");
  await echo("at once");
  // Node.js keeps connections for 5 seconds; to the timers, none of this has passed.
  const now = performance.now();
  onTestFinished(() => void vi.restoreAllMocks());
  vi.spyOn(performance, "now").mockReturnValue(now + 4500);
  await echo("later");
  await echo("at once");
  expect(again.slice(-3)).toEqual([true, false, true]);
});

test("a connection that cannot be opened leaves no timer, which would keep the process from ending", async () => {
  const clock = new FakeClock();
  const socket = connect(`http://127.0.0.1:${await freePort()}`, { clock, reconnection: false });
  await next(socket, "connect_error");
  expect(clock.pending).toBe(0);
});

test("requestTimeout ends a request that the server leaves unanswered", async () => {
  const waiting: ServerResponse[] = [];
  const http = createServer((_request, response) => void waiting.push(response));
  onTestFinished(() => {
    http.closeAllConnections();
    http.close();
  });
  await new Promise<void>((resolve) => http.listen(0, "127.0.0.1", resolve));
  const url = `http://127.0.0.1:${(http.address() as AddressInfo).port}`;
  const clock = new FakeClock();
  const asked = next(http, "request");
  const socket = connect(url, { clock, requestTimeout: 30, reconnection: false });
  const failed = next<[Error]>(socket, "connect_error");
  await asked;
  clock.advance(30);
  expect((await failed)[0]).toMatchObject({ message: "xhr poll error", description: 0 });
  await until(() => waiting[0]?.closed);
});

describe("a program", () => {
  const folder = fileURLToPath(new URL("../node_modules/.cache/", import.meta.url));
  const client = `${folder}client.mjs`;

  beforeAll(() =>
    build({
      entryPoints: [fileURLToPath(new URL("../src/index.node.ts", import.meta.url))],
      outfile: client,
      bundle: true,
      format: "esm",
      platform: "node",
      conditions: ["source"],
      external: ["ws"],
    }),
  );

  test.each(both)("ends by itself with autoUnref although it is connected by %s", async (transport) => {
    const { url } = await serve((http, options) => new Server(http, options));
    const code = `
      import { io } from "${client}";
      const socket = io("${url}", { autoUnref: true, transports: ["${transport}"] });
      const wait = setInterval(() => {}, 1000);
      socket.on("connect", () => clearInterval(wait));
      process.on("exit", () => console.log(socket.connected));`;
    const run = promisify(execFile);
    const { stdout } = await run(process.execPath, ["--input-type=module", "-e", code], { timeout: 9000 });
    expect(stdout).toBe("true\n");
  });
});

describe("cookies", () => {
  test.each([
    ["a=b", { name: "a", value: "b" }],
    ['a="b c"; Path=/; HttpOnly', { name: "a", value: "b c" }],
    ["a=b=c; SECURE", { name: "a", value: "b=c" }],
    ["a=; domain=x", { name: "a", value: "" }],
    [
      "a=b; EXPIRES=Thu, 01 Jan 2015 00:00:00 GMT",
      { name: "a", value: "b", expires: new Date(1420070400000) },
    ],
    ["a=b; max-AGE=0", { name: "a", value: "b", expires: new Date(0) }],
    [
      "a=b; Max-Age=-5; Expires=Thu, 01 Jan 2099 00:00:00 GMT",
      { name: "a", value: "b", expires: new Date(0) },
    ],
    ["a=b; Expires=never; Max-Age=soon", { name: "a", value: "b" }],
    ["nothing", undefined],
    ["=x", undefined],
    ["", undefined],
  ])("%s", (header, cookie) => {
    expect(parseCookie(header)).toEqual(cookie);
  });

  test("are kept until they expire or are deleted, the newest of a name", () => {
    vi.useFakeTimers({ toFake: ["Date"] });
    onTestFinished(() => void vi.useRealTimers());
    const jar = new CookieJar();
    jar.parseCookies(["a=1", "b=1; Max-Age=10", "a=2"]);
    expect(jar.header()).toBe("a=2; b=1");
    vi.setSystemTime(Date.now() + 10_000);
    expect(jar.header("given=1")).toBe("given=1; a=2");
    jar.parseCookies(["a=; Max-Age=0"]);
    expect(jar.header()).toBeUndefined();
  });
});

test("io() shares a Manager between the namespaces of a server, and keeps apart what is to be apart", async () => {
  const options = { autoConnect: false };
  const url = "http://127.0.0.1:1";
  const first = io(`${url}/a`, options);
  const managers = [
    io(`${url}/b`, options),
    io(`${url}/a`, options),
    io(`${url}/c`, { ...options, forceNew: true }),
    io(`${url}/d`, { ...options, multiplex: false }),
    io(`${url}/e`, { ...options, path: "/other" }),
    io("http://127.0.0.1:2/b", options),
  ].map((socket) => socket.io === first.io);
  expect(managers).toEqual([true, false, false, false, false, false]);
  expect(first.nsp).toBe("/a");
});
