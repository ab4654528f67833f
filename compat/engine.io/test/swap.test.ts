/** Programs written for engine.io print the same when `node_modules/engine.io` is a link to our face. */
import { build, runWith } from "@sockeye/compat-testing";
import { beforeAll, describe, expect, test } from "vitest";

const OFFICIAL = "node_modules/engine.io";
const OURS = "compat/engine.io";

/** A small application; `make(httpServer, options)` is how it gets its engine. */
const APP = `
const httpServer = createServer((req, res) => res.end("app"));
const engine = make(httpServer, { path: "/eio", cookie: true, allowRequest: (req, fn) => fn(null, true) });
const log = (...values) => console.log(JSON.stringify(values));
engine.use((req, res, next) => { res.setHeader("x-engine", "yes"); next(); });
engine.once("initial_headers", (headers) => log(Object.keys(headers).sort()));
engine.on("connection_error", ({ code, message, context }) => log(code, message, context.sid));
engine.on("connection", (socket) => {
  log(socket instanceof all.Socket, socket.transport instanceof all.Transport, socket.protocol, socket.readyState);
  log(engine.clientsCount, socket.transport.name, socket.request._query.who, socket.upgraded);
  socket.on("upgrade", (transport) => { log("upgrade", transport.name, socket.upgraded); socket.send("moved"); });
  socket.on("message", (data) => socket.send(data, { compress: false }));
  socket.on("close", (reason) => { log("gone", reason, engine.clientsCount); httpServer.close(() => log("closed")); });
});
httpServer.listen(0, "127.0.0.1", async () => {
  const url = "http://127.0.0.1:" + httpServer.address().port;
  log(await (await fetch(url + "/other")).text());
  const refused = await fetch(url + "/eio/?EIO=4&transport=polling&sid=nobody");
  log(refused.status, refused.headers.get("x-engine"), await refused.json());
  const client = new Client(url, { path: "/eio", query: { who: "ada" } });
  client.on("message", (data) => {
    if (data === "moved") client.send("hello");
    else { log("echo", data); client.close(); httpServer.closeIdleConnections(); }
  });
});
log(all.protocol, Object.keys(all.transports), all.Server.errors, all.Server.errorMessages);
const packets = [{ type: "message", data: "a" }, { type: "ping" }];
all.parser.encodePayload(packets, (body) => log(body, all.parser.decodePayload(body)));
`;

const ESM = 'import { createServer } from "node:http"; import { Socket as Client } from "engine.io-client";';
const CJS =
  'const { createServer } = require("node:http"); const { Socket: Client } = require("engine.io-client");';

const HEADS: Array<[file: string, head: string, theirs: boolean]> = [
  ["main.mjs", `import * as all from "engine.io"; const make = all.attach; ${ESM}`, true],
  [
    "main.mjs",
    `import { attach, Server, Socket, Transport, parser as p, transports as t, protocol as v } from "engine.io";
     const all = { Server, Socket, Transport, parser: p, transports: t, protocol: v };
     const make = (http, options) => { const e = new Server(options); e.attach(http, options); return e; }; ${ESM}`,
    true,
  ],
  ["main.mjs", `import all from "engine.io"; const make = all; ${ESM}`, false],
  ["main.cjs", `const all = require("engine.io"); const make = all.attach; ${CJS}`, true],
  ["main.cjs", `const all = require("engine.io"); const make = all; ${CJS}`, false],
];

const lines = (output: string): string[] => output.trim().split("\n").sort();

beforeAll(() => build(OURS), 120_000);

describe("a program", () => {
  test.each(HEADS)("%s: %s", { timeout: 60_000 }, async (file, head, theirs) => {
    const ours = await runWith("engine.io", OURS, file, `${head}\n${APP}`);
    // Ours answers the handshake at the end of the turn, so the first headers come after the connection event.
    if (theirs)
      expect(lines(ours)).toEqual(lines(await runWith("engine.io", OFFICIAL, file, `${head}\n${APP}`)));
    expect(ours).toContain('["echo","hello"]');
    expect(ours.trim().split("\n")).toHaveLength(12);
  });
});

const TYPED = `
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { attach, listen, parser, protocol, Server, Socket, Transport, transports, uServer } from "engine.io";
import type { AttachOptions, BaseServer, ErrorCallback, ServerOptions } from "engine.io";

const options: ServerOptions & AttachOptions = {
  path: "/eio",
  destroyUpgrade: false,
  destroyUpgradeTimeout: 10,
  addTrailingSlash: true,
  pingInterval: 1000,
  pingTimeout: 500,
  upgradeTimeout: 100,
  maxHttpBufferSize: 1e5,
  transports: ["polling", "websocket", "webtransport"],
  allowUpgrades: true,
  perMessageDeflate: { threshold: 1024, zlibDeflateOptions: { level: 3 } },
  httpCompression: { threshold: 2048 },
  cookie: { name: "io", path: "/", httpOnly: true, sameSite: "lax" },
  cors: (req, callback) => callback(null, { origin: [/example/, "https://a"], credentials: true }),
  allowEIO3: true,
  initialPacket: "hi",
  allowRequest: (req: IncomingMessage, fn) => fn(req.url ? null : "no", true),
};
const http = createServer();
const engine: Server = attach(http, options);
const base: BaseServer = engine;
base.use((req: IncomingMessage, res: ServerResponse, next: (err?: unknown) => void) => next());
engine.generateId = async (req: IncomingMessage) => String(req.url);
engine.on("connection", (socket: Socket) => {
  const transport: Transport = socket.transport;
  const state: "opening" | "open" | "closing" | "closed" = socket.readyState;
  socket.send("text", { compress: true }, (t: Transport) => console.log(t.name, state));
  socket.write(Buffer.from("binary")).send(new Uint8Array(1));
  socket.on("message", (data: string | Buffer) => console.log(data, transport.writable));
  console.log(socket.request.headers, socket.remoteAddress, socket.upgrading, socket.upgraded, socket.protocol);
  socket.close(true);
});
const refuse: ErrorCallback = (code, context) => console.log(code, context?.name, context?.message);
http.on("request", (req, res) => engine.handleRequest(req, res));
http.on("upgrade", (req, socket, head) => engine.handleUpgrade(req, socket, head));
const code: number = Server.errors.BAD_REQUEST;
console.log(typeof listen, typeof uServer, parser.protocol, protocol, code, Server.errorMessages[3], transports.polling.upgradesTo);
console.log(engine.clientsCount, engine.opts.pingInterval, engine.close() === engine, typeof refuse);
`;

test("a program in TypeScript compiles and runs as with engine.io", { timeout: 60_000 }, async () => {
  const ours = await runWith("engine.io", OURS, "main.mts", TYPED);
  expect(ours).toBe(await runWith("engine.io", OFFICIAL, "main.mts", TYPED));
  expect(ours).toContain("function function 4 4 3 Bad request");
});

test("uServer says what to use instead", async () => {
  const program =
    'import { uServer } from "engine.io"; try { new uServer() } catch (error) { console.log(error.message) }';
  expect(await runWith("engine.io", OURS, "main.mjs", program)).toMatch(/not supported; use Server/);
});
