/** Programs written for socket.io-client print the same when `node_modules/socket.io-client` is a link to our face. */
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";
import { build, runAll, runWith } from "@sockeye/compat-testing";
import { beforeAll, describe, expect, test } from "vitest";

const NAME = "socket.io-client";
const OFFICIAL = "node_modules/socket.io-client";
const OURS = "compat/socket.io-client";

/** A small application with a server of its own. */
const APP = `
const log = (...values) => console.log(JSON.stringify(values));
const server = new Server();
server.use((peer, next) => next(peer.handshake.auth.token === "abc" ? undefined : Object.assign(new Error("who?"), { data: 1 })));
server.on("connection", (peer) => {
  peer.on("sum", (a, b, done) => done(a + b));
  peer.on("bytes", (bytes, done) => done(Buffer.concat([bytes, bytes])));
  peer.on("bye", () => peer.disconnect());
  peer.emit("hello", 1, { two: [2] });
});
const httpServer = createServer();
server.attach(httpServer);
httpServer.listen(0, "127.0.0.1", () => {
  const url = "http://127.0.0.1:" + httpServer.address().port;
  const socket = io(url, { auth: { token: "no" }, query: { a: 1 } });
  log(socket instanceof Socket, socket.io instanceof Manager, socket.connected, socket.active, io(url + "/other").io === socket.io);
  socket.emit("sum", 1, 1, (sum) => log("buffered", sum));
  log(socket.sendBuffer.length, socket.listeners("x").length, socket.hasListeners("x"));
  socket.once("connect_error", async (error) => {
    log(error.message, error.data, socket.active);
    socket.auth = (cb) => cb({ token: "abc" });
    socket.on("hello", (...args) => log("hello", ...args));
    socket.onAny((event, ...args) => log("any", event, args.length));
    socket.connect();
    await new Promise((resolve) => socket.on("connect", resolve));
    log("connected", typeof socket.id, !!socket.recovered);
    if (socket.io.engine.transport.name === "polling") await new Promise((resolve) => socket.io.engine.once("upgrade", resolve));
    log(socket.io.engine.transport.name, await socket.emitWithAck("sum", 1, 2), [...await socket.emitWithAck("bytes", Buffer.from([1]))]);
    socket.timeout(30).emit("nobody", (error) => {
      log(error.message);
      socket.on("disconnect", (reason, details) => {
        log(reason, details ?? null, socket.disconnected, socket.active);
        const manager = new Manager(url, { reconnectionDelay: 5, autoConnect: false, transports: ["websocket"] });
        log(manager.reconnection(), manager.reconnectionDelay(), manager.timeout(), manager.reconnectionAttempts(7).reconnectionAttempts());
        manager.open((error) => {
          log("open", error ?? null);
          manager.on("reconnect", (attempt) => {
            log("reconnect", attempt);
            manager.reconnection(false);
            manager.engine.close();
            server.close();
          });
          manager.engine.on("close", (reason) => log("closed", reason));
          manager.engine.transport.ws.close();
        });
      });
      socket.emit("bye");
    });
  });
});
`;
const LINES = 14;

/** What few do: a Socket without Manager.socket(), and listeners on an engine that is not open yet. */
const BY_HAND = `
const { Manager, Socket } = require("socket.io-client");
const { createServer } = require("node:http");
const { Server } = require("socket.io");
const log = (...values) => console.log(JSON.stringify(values));
const httpServer = createServer();
const server = new Server(httpServer);
server.of("/other").on("connection", (peer) => peer.on("sum", (a, b, done) => done(a + b)));
httpServer.listen(0, "127.0.0.1", () => {
  const url = "http://127.0.0.1:" + httpServer.address().port;
  log(new Socket(new Manager(url, { autoConnect: false }), "/other").active);
  const manager = new Manager(url, { transports: ["websocket"] });
  const types = new Set();
  manager.engine.on("packet", ({ type }) => types.add(type));
  manager.engine.on("close", (reason) => {
    log([...types], reason);
    server.close();
  });
  const socket = new Socket(manager, "/other", {});
  log(socket.active);
  socket.on("connect", async () => {
    log(await socket.emitWithAck("sum", 1, 2));
    socket.disconnect();
    log(socket.active);
  });
});
`;

const IMPORTS = {
  "main.mjs": [
    'import { io, Manager, Socket } from "socket.io-client";',
    'import io, { Manager, Socket } from "socket.io-client";',
    'import * as all from "socket.io-client"; const { connect: io, Manager, Socket } = all;',
  ],
  "main.cjs": [
    'const { io, Manager, Socket } = require("socket.io-client");',
    'const io = require("socket.io-client"); const { Manager, Socket } = io;',
  ],
};

beforeAll(() => build(OURS), 120_000);

describe("a program", () => {
  for (const [file, heads] of Object.entries(IMPORTS)) {
    test.each(heads)(`${file}: %s`, { timeout: 60_000 }, async (head) => {
      const rest = file.endsWith("mjs")
        ? 'import { createServer } from "node:http"; import { Server } from "socket.io";'
        : 'const { createServer } = require("node:http"); const { Server } = require("socket.io");';
      const ours = await runWith(NAME, OURS, file, `${head}\n${rest}${APP}`);
      expect(ours).toBe(await runWith(NAME, OFFICIAL, file, `${head}\n${rest}${APP}`));
      expect(ours.trim().split("\n")).toHaveLength(LINES);
    });
  }
});

test("a socket made by hand connects, and the engine keeps its listeners", async () => {
  const ours = await runWith(NAME, OURS, "main.cjs", BY_HAND);
  expect(ours).toBe(await runWith(NAME, OFFICIAL, "main.cjs", BY_HAND));
  expect(ours.trim().split("\n")).toHaveLength(5);
}, 60_000);

test("every name of the official package is there, for import and require", async () => {
  const names = 'console.log(Object.keys(require("socket.io-client")).sort().join())';
  const theirs = (await runWith(NAME, OFFICIAL, "main.cjs", names)).trim().split(",");
  const ours = (await runWith(NAME, OURS, "main.cjs", names)).trim().split(",");
  expect(ours).toEqual(expect.arrayContaining(theirs));
});

const TYPED = `
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import io, { connect, Manager, Socket, protocol, Fetch, WebSocket, NodeXHR } from "socket.io-client";
import type { ManagerOptions, SocketOptions, ManagerReservedEvents, SocketReservedEvents, DisconnectDescription, ExtendedError } from "socket.io-client";

interface ServerToClient { news: (text: string) => void; ask: (question: string, answer: (n: number) => void) => void }
interface ClientToServer { hello: (name: string, done: (greeting: string) => void) => void; plain: () => void }

const options: Partial<ManagerOptions & SocketOptions> = {
  path: "/socket.io", forceNew: true, multiplex: false, reconnection: true, reconnectionAttempts: 2, reconnectionDelay: 10,
  reconnectionDelayMax: 20, randomizationFactor: 0, timeout: 1000, autoConnect: false, query: { a: "1" }, upgrade: true,
  transports: ["polling", "websocket"], rememberUpgrade: false, tryAllTransports: false, requestTimeout: 0, extraHeaders: { a: "b" },
  withCredentials: false, closeOnBeforeunload: false, autoUnref: false, protocols: [], auth: (cb) => cb({ token: 1 }), retries: 1, ackTimeout: 100,
};
const socket: Socket<ServerToClient, ClientToServer> = io("http://127.0.0.1:1", options);
socket.on("connect", () => {});
socket.on("connect_error", (error: ExtendedError) => console.log(error.message, error.data));
socket.on("disconnect", (reason: Socket.DisconnectReason, description?: DisconnectDescription) => console.log(reason, description));
socket.on("news", (text) => console.log(text.toUpperCase()));
socket.on("ask", (question, answer) => answer(question.length));
socket.once("news", () => {}).off("news").removeAllListeners("news");
socket.onAny((event, ...args) => console.log(event, args)).offAny();
socket.onAnyOutgoing(() => {}).offAnyOutgoing();
const typed = async (): Promise<string> => socket.timeout(10).emitWithAck("hello", "you");
socket.volatile.compress(false).emit("plain");
socket.timeout(10).emit("hello", "you", (err: Error, greeting: string) => console.log(err, greeting));
socket.auth = { token: "2" };
const manager: Manager = new Manager("http://127.0.0.1:1", { autoConnect: false });
const open: ManagerReservedEvents["open"] = () => {};
const connected: SocketReservedEvents["connect"] = () => {};
manager.on("open", open).on("error", (err) => console.log(err.message)).on("reconnect_attempt", (n) => console.log(n.toFixed()));
const other: Socket = manager.socket("/other", { auth: {} });
other.on("anything", (a, b, c) => other.emit("any", a, b, c));
const again: Socket = connect("http://127.0.0.1:1", { autoConnect: false, transports: [Fetch, WebSocket] });
again.on("connect", connected);
console.log(typeof protocol === "string", socket.connected, other.active, typeof typed, manager.reconnectionDelay(), typeof NodeXHR !== "number", again.io.opts.path);
console.log(createServer().listen(0, "127.0.0.1", () => {}).unref() !== undefined, {} as AddressInfo);
`;

test("TypeScript that compiles strictly with the official types compiles with ours, and runs the same", {
  timeout: 120_000,
}, async () => {
  const theirs = await runWith(NAME, OFFICIAL, "main.cts", TYPED);
  expect(theirs).toBe("false false false function 1000 true /socket.io\ntrue {}\n");
  const ours = await runAll(NAME, OURS, { "main.mts": TYPED, "main.cts": TYPED });
  expect(ours).toEqual([theirs, theirs]);
});

test("the files for pages lie where they are looked for", { timeout: 60_000 }, () => {
  const folder = fileURLToPath(new URL("..", import.meta.url));
  execFileSync(process.execPath, ["scripts/bundle.mjs"], { cwd: folder });
  for (const name of [
    "socket.io.js",
    "socket.io.min.js",
    "socket.io.esm.min.js",
    "socket.io.msgpack.min.js",
  ]) {
    const text = readFileSync(`${folder}dist/${name}`, "utf8");
    expect(text).toContain(`//# sourceMappingURL=${name}.map`);
    expect(JSON.parse(readFileSync(`${folder}dist/${name}.map`, "utf8"))).toMatchObject({ version: 3 });
  }
  const { version } = createRequire(import.meta.url)(`${folder}package.json`);
  expect(version).toBe("4.8.4");
});
