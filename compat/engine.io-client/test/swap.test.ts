/** Programs written for engine.io-client print the same when `node_modules/engine.io-client` is a link to our face. */
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { build, runAll, runWith } from "@sockeye/compat-testing";
import { beforeAll, describe, expect, test } from "vitest";

const NAME = "engine.io-client";
const OFFICIAL = "node_modules/engine.io-client";
const OURS = "compat/engine.io-client";

const APP = `
let lose;
const log = (...values) => console.log(JSON.stringify(values));
const server = listen(0, { pingInterval: 50 });
server.on("connection", (peer) => {
  peer.on("message", (data) => peer.send(data));
  peer.on("close", (reason) => {
    // Not which of the two: the official server may see its own ping fail first.
    log("peer", reason.replace(/close|error/, "end"));
    lose();
  });
});
server.httpServer.once("listening", () => {
  const { port } = server.httpServer.address();
  const socket = new Socket("ws://127.0.0.1:" + port + "/?a=b=c", { path: "/engine.io" });
  log(socket.readyState, socket.binaryType, protocol, Object.keys(transports).sort(), typeof installTimerFunctions, typeof nextTick);
  const events = [];
  for (const name of ["open", "handshake", "upgrading", "upgrade"]) socket.on(name, () => events.push(name));
  socket.on("open", () => {
    const { query } = socket.transport;
    log(socket.readyState, query.EIO, query.transport, query.a, query.sid === socket.id, socket.transport.name);
    socket.once("upgrade", () => {
      socket.once("ping", () => {
        socket.send("text", {}, () => events.push("flushed"));
        socket.send(Buffer.from([1, 2]));
        const got = [];
        socket.on("message", (data) => {
          got.push(typeof data === "string" ? data : [Buffer.isBuffer(data), ...data]);
          if (got.length < 2) return;
          log(got, events);
          socket.on("close", (reason, details) => {
            log(reason, details ?? null, socket.readyState, socket.writeBuffer.length);
          });
          socket.close();
        });
      });
    });
  });
});
lose = () => {
  const lost = new Socket({ hostname: "127.0.0.1", port: 9, transports: ["polling"] });
  lost.on("error", (error) => log(error.message, error.type, error instanceof TransportError, error.description));
  lost.on("close", (reason) => {
    log(reason, lost.readyState);
    server.close();
    server.httpServer.close();
  });
};
`;

beforeAll(() => build(OURS), 120_000);

const NAMES = "{ Socket, TransportError, transports, protocol, installTimerFunctions, nextTick }";

describe("a program", () => {
  test.each([
    ["main.mjs", `import ${NAMES} from "engine.io-client"; import { listen } from "engine.io";`],
    ["main.cjs", `const ${NAMES} = require("engine.io-client"); const { listen } = require("engine.io");`],
  ])("%s", { timeout: 60_000 }, async (file, head) => {
    const ours = await runWith(NAME, OURS, file, head + APP);
    expect(ours).toBe(await runWith(NAME, OFFICIAL, file, head + APP));
    expect(ours.trim().split("\n")).toHaveLength(7);
  });
});

test("every name of the official package is there", async () => {
  const names = 'console.log(Object.keys(require("engine.io-client")).sort().join())';
  const theirs = (await runWith(NAME, OFFICIAL, "main.cjs", names)).trim().split(",");
  const ours = (await runWith(NAME, OURS, "main.cjs", names)).trim().split(",");
  expect(ours).toEqual(expect.arrayContaining(theirs));
});

const TYPED = `
import { Socket, Transport, TransportError, transports, parse, protocol, installTimerFunctions, nextTick, Fetch, XHR, NodeXHR, NodeWebSocket, WebSocket, WebTransport } from "engine.io-client";
import type { SocketOptions, HandshakeData, SocketReservedEvents, TransportCtor, TransportName, WriteOptions } from "engine.io-client";

class Mine extends Transport {
  get name(): string { return "mine"; }
  doOpen(): void { console.log("mine", this.query.transport); this.onError("nope", 1, 2); }
  doClose(): void {}
  write(): void {}
}
const options: SocketOptions = { transportImplementations: [Mine], path: "/x", query: { a: 1 } };
const socket = new Socket("ws://127.0.0.1:1", options);
socket.on("handshake", (data: HandshakeData) => console.log(data.sid));
socket.on("error", (error) => console.log(error instanceof TransportError && error.description));
socket.on("close", (reason, details) => console.log(reason, details !== undefined));
const names: TransportName[] = Object.keys(transports);
const ctor: TransportCtor = Fetch;
const write: WriteOptions = { compress: true };
const open: SocketReservedEvents["open"] = () => {};
socket.on("open", open).send("x", write, () => {});
console.log(parse("http://a:1/b?c=d").host, protocol, names.length, typeof ctor, typeof installTimerFunctions, typeof nextTick);
console.log([XHR, NodeXHR, NodeWebSocket, WebSocket, WebTransport].every((item) => typeof item === "function"), socket.readyState);
`;

test("TypeScript that compiles strictly with the official types compiles with ours, a transport of one's own included", {
  timeout: 120_000,
}, async () => {
  const [ours, sameAgain] = await runAll(NAME, OURS, { "main.mts": TYPED, "main.cts": TYPED });
  expect(sameAgain).toBe(ours);
  expect(ours).toContain("a 4 3 function function function\n");
  await runWith(NAME, OFFICIAL, "main.cts", TYPED);
});

test("the files for pages lie where they are looked for", { timeout: 60_000 }, () => {
  const folder = fileURLToPath(new URL("..", import.meta.url));
  execFileSync(process.execPath, ["scripts/bundle.mjs"], { cwd: folder });
  for (const name of ["engine.io.js", "engine.io.min.js", "engine.io.esm.min.js"]) {
    expect(readFileSync(`${folder}dist/${name}`, "utf8")).toContain(`//# sourceMappingURL=${name}.map`);
  }
});
