/** Programs written for socket.io print the same when `node_modules/socket.io` is a link to our face. */
import { build, runAll, runWith } from "@sockeye/compat-testing";
import { beforeAll, describe, expect, test } from "vitest";

const OFFICIAL = "node_modules/socket.io";
const OURS = "compat/socket.io";

/** A small application; `make(httpServer, options)` is how it gets its server. */
const APP = `
const httpServer = createServer();
const io = make(httpServer, { cors: { origin: "https://example.com" } });
const log = (...values) => console.log(JSON.stringify(values));
io.use((socket, next) => next(socket.handshake.auth.token === "abc" ? undefined : new Error("who?")));
io.of("/chat").on("connection", (socket) => log("chat", socket.nsp.name));
io.on("connection", (socket) => {
  log(socket instanceof Socket, socket.nsp instanceof Namespace, socket.rooms.size);
  socket.join("red");
  socket.data.name = "ada";
  socket.on("sum", (a, b, done) => done(a + b));
  socket.on("disconnect", (reason) => {
    log("gone", reason);
    io.close(() => log("closed"));
  });
});
httpServer.listen(0, "127.0.0.1", () => {
  const url = "http://127.0.0.1:" + httpServer.address().port;
  const refused = connect(url, { forceNew: true });
  refused.on("connect_error", (error) => {
    log(error.message);
    refused.disconnect();
    const client = connect(url, { auth: { token: "abc" } });
    client.on("double", (n, done) => done(n * 2));
    client.on("connect", async () => {
      log(await client.emitWithAck("sum", 1, 2));
      log(await io.to("red").timeout(10_000).emitWithAck("double", 21));
      log((await io.fetchSockets()).map(({ data }) => data));
      client.disconnect();
    });
  });
});
`;
const LINES = 7;

const IMPORTS = {
  "main.mjs": [
    'import { Server, Namespace, Socket } from "socket.io"; const make = (...args) => new Server(...args);',
    'import * as all from "socket.io"; const { Namespace, Socket } = all; const make = (...args) => new all.Server(...args);',
    'import make from "socket.io"; const { Namespace, Socket } = make;',
  ],
  "main.cjs": [
    'const { Server, Namespace, Socket } = require("socket.io"); const make = (...args) => new Server(...args);',
    'const make = require("socket.io"); const { Namespace, Socket } = make;',
  ],
};

beforeAll(() => build(OURS), 120_000);

describe("a program", () => {
  for (const [file, heads] of Object.entries(IMPORTS)) {
    for (const head of heads) {
      test(`${file}: ${head}`, { timeout: 60_000 }, async () => {
        const esm = file.endsWith("mjs");
        const rest = esm
          ? 'import { createServer } from "node:http"; import { io as connect } from "socket.io-client";'
          : 'const { createServer } = require("node:http"); const { io: connect } = require("socket.io-client");';
        const ours = await runWith("socket.io", OURS, file, `${head}\n${rest}${APP}`);
        // The official package has no default export for ESM.
        if (!head.startsWith("import make")) {
          expect(ours).toBe(await runWith("socket.io", OFFICIAL, file, `${head}\n${rest}${APP}`));
        }
        expect(ours.trim().split("\n")).toHaveLength(LINES);
        expect(ours).toContain('["gone","client namespace disconnect"]');
      });
    }
  }
});

const TYPED = `
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { Server, Namespace, Socket, BroadcastOperator, RemoteSocket } from "socket.io";
import type { DefaultEventsMap, DisconnectReason, Event, ExtendedError, ServerOptions } from "socket.io";

interface ClientToServer { hello: (name: string, done: (greeting: string) => void) => void; ping: () => void }
interface ServerToClient { news: (text: string) => void; ask: (question: string, answer: (n: number) => void) => void }
interface Inter { sync: (n: number, done: (ok: boolean) => void) => void }
interface Data { name: string }
type Io = Server<ClientToServer, ServerToClient, Inter, Data>;
type Client = Socket<ClientToServer, ServerToClient, Inter, Data>;

const options: Partial<ServerOptions> = {
  pingInterval: 1000,
  connectionStateRecovery: { maxDisconnectionDuration: 1000, skipMiddlewares: true },
  cors: { origin: ["https://example.com"], credentials: true },
  allowRequest: (req, fn) => fn(null, req.method === "GET" || true),
  cookie: { name: "io", sameSite: "lax" },
  perMessageDeflate: { threshold: 1024 },
  transports: ["polling", "websocket"],
};
const httpServer = createServer();
const io: Io = new Server<ClientToServer, ServerToClient, Inter, Data>(httpServer, options);

function greet(socket: Client): void {
  socket.data.name = "ada";
  socket.on("hello", (name, done) => done("hello " + name));
  socket.on("ping", () => {});
  socket.on("disconnect", (reason: DisconnectReason, description?: unknown) => console.log(reason, description));
  socket.on("error", (error: Error) => console.log(error.message));
  socket.use(([name, ...args]: Event, next) => next());
  socket.emit("news", "text");
  socket.timeout(100).emit("ask", "?", (err: Error, n: number) => console.log(err, n));
  socket.broadcast.emit("news", "text");
  socket.to("room").except(["a", "b"]).volatile.emit("news", "text");
  const server: Io = socket.nsp.server;
  console.log(server === io, socket.handshake.headers["user-agent"], socket.conn.transport.name, socket.request.url);
}
io.use((socket, next) => {
  const error: ExtendedError = new Error("no");
  error.data = { code: 401 };
  next(socket.handshake.auth.token ? error : undefined);
});
io.on("connection", greet);
io.of("/admin").on("connection", (socket) => greet(socket));
io.of(/^\\/dynamic-\\d+$/).on("connection", (socket: Client) => console.log(socket.nsp.name));
io.on("sync", (n, done) => done(n > 0));
io.engine.on("connection_error", (error: { code: number; message: string }) => console.log(error.code));
io.engine.generateId = () => String(Math.random());
io.engine.use((req: unknown, res: unknown, next: () => void) => next());
const operator: BroadcastOperator<ServerToClient, Data> | undefined = undefined;
const nsp: Namespace<ClientToServer, ServerToClient, Inter, Data> = io.of("/");
async function all(): Promise<void> {
  const sockets: RemoteSocket<ServerToClient, Data>[] = await io.in("room").local.fetchSockets();
  for (const socket of sockets) console.log(socket.data.name, socket.rooms.size, socket.join("x"), operator, nsp.name);
  const answers: number[] = await io.timeout(100).emitWithAck("ask", "?");
  const sync = (): Promise<boolean[]> => io.serverSideEmitWithAck("sync", 1);
  console.log(answers, typeof sync);
}
class Mine extends Server<ClientToServer, ServerToClient> {
  hello(): string {
    return "hello " + this.path();
  }
}
const loose: Server<DefaultEventsMap, DefaultEventsMap, DefaultEventsMap, any> = new Server();
loose.on("connection", (socket) => socket.on("anything", (a, b, c) => socket.emit("any", a, b, c)));
httpServer.listen(0, "127.0.0.1", async () => {
  console.log((httpServer.address() as AddressInfo).port > 0, new Mine().hello());
  await all();
  await io.close();
});
`;

test("TypeScript that compiles strictly with the official types compiles with ours, and runs the same", {
  timeout: 120_000,
}, async () => {
  const theirs = await runWith("socket.io", OFFICIAL, "main.mts", TYPED);
  expect(theirs).toBe("true hello /socket.io\n[] function\n");
  const ours = await runAll("socket.io", OURS, { "main.mts": TYPED, "main.cts": TYPED });
  expect(ours).toEqual([theirs, theirs]);
});

test("tools that wrap the prototypes by path see every event (OpenTelemetry)", {
  timeout: 60_000,
}, async () => {
  const program = `
const { Server } = require("socket.io");
const { Socket } = require("socket.io/dist/socket.js");
const { BroadcastOperator } = require("socket.io/dist/broadcast-operator.js");
const { createServer } = require("node:http");
const { io: connect } = require("socket.io-client");
const seen = [];
for (const [owner, names] of [[Socket, ["on", "emit"]], [BroadcastOperator, ["emit"]]]) {
  for (const name of names) {
    const original = owner.prototype[name];
    owner.prototype[name] = function (ev, ...args) {
      seen.push([owner.name, name, ev, (this.adapter ?? this.nsp.adapter).nsp.name, this.name]);
      return original.call(this, ev, ...args);
    };
  }
}
const httpServer = createServer().listen(0, "127.0.0.1", () => {
  const io = new Server(httpServer);
  io.on("connection", (socket) => socket.on("hi", () => {
    socket.emit("one");
    socket.broadcast.emit("others");
    io.to("room").emit("room");
    io.emit("all");
    console.log(JSON.stringify(seen));
    io.close();
  }));
  connect("http://127.0.0.1:" + httpServer.address().port, { reconnection: false }).emit("hi");
});`;
  expect(JSON.parse(await runWith("socket.io", OURS, "main.cjs", program))).toEqual([
    ["Socket", "on", "hi", "/", null],
    ["Socket", "emit", "one", "/", null],
    ["BroadcastOperator", "emit", "others", "/", null],
    ["BroadcastOperator", "emit", "room", "/", null],
    ["BroadcastOperator", "emit", "all", "/", null],
  ]);
});

test("package.json is readable under the name", async () => {
  const program = 'console.log(require("socket.io/package.json").version);';
  expect(await runWith("socket.io", OURS, "main.cjs", program)).toBe("4.8.4\n");
});
