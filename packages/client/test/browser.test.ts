/** The built bundles in Chromium: as script, as module, in a worker; with every server. */
import { readFile } from "node:fs/promises";
import { launchChromium } from "@sockeye/browser-testing";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { bundle } from "../scripts/bundle.mjs";
import { type Running, serve, servers } from "./servers.ts";
import { until } from "./wait.ts";

let browser: Browser;
/** Kept for all tests, as another one takes longer than most of them; each has an origin of its own. */
let page: Page;

beforeAll(async () => {
  await bundle("socket.io");
  await bundle("sockeye");
  browser = await launchChromium();
  page = await browser.newPage();
}, 60_000);

afterAll(() => browser?.close());

const TYPES: Record<string, string> = { html: "text/html", js: "text/javascript", map: "application/json" };

/** What a page and a worker do alike: echoes over the transports, binary included. */
const SCENARIO = `
async function scenario(io, options) {
  const socket = io(location.origin, { forceNew: true, ...options });
  const bytes = new Uint8Array([0, 1, 254, 255]);
  const first = await socket.emitWithAck("echo", "ä😀", { bytes }, bytes.buffer, new Blob([bytes]));
  const transport = socket.io.engine.transport.name;
  if (options.transports === undefined && transport === "polling") {
    await new Promise((resolve) => socket.io.engine.on("upgrade", resolve));
  }
  const second = await socket.emitWithAck("echo", bytes);
  const list = (value) => value instanceof ArrayBuffer ? [...new Uint8Array(value)] : String(value);
  const result = {
    text: first[0],
    binary: [first[1].bytes, first[2], first[3], second[0]].map(list),
    transport: socket.io.engine.transport.name,
    connected: socket.connected,
  };
  socket.disconnect();
  return { ...result, reason: socket.connected };
}`;

const run = (options: object): string =>
  `(() => {${SCENARIO}; return scenario(io, ${JSON.stringify(options)}); })()`;

const PAGES: Record<string, string> = {
  "/": "<!doctype html><title>client</title>",
  "/worker.js": `importScripts("/client/socket.io.min.js");${SCENARIO}
    onmessage = ({ data }) => scenario(io, data).then(postMessage, (error) => postMessage(String(error)));`,
};

/** Opens the page of a new server. */
async function visit(make: (typeof servers)[number][1]): Promise<Running> {
  const running = await serve(make, { serveClient: false });
  const { io, http } = running;
  http.on("request", async (request, response) => {
    const url = request.url ?? "";
    if (url.startsWith("/socket.io/")) return;
    const file = url.startsWith("/client/") ? new URL(`../dist${url.slice(7)}`, import.meta.url) : undefined;
    const body = PAGES[url] ?? (file && (await readFile(file)));
    response.setHeader("content-type", TYPES[url.split(".").at(-1) ?? ""] ?? "text/html");
    response.end(body);
  });
  io.on("connection", (peer) => peer.on("echo", (...args) => args.pop()(args)));
  onTestFinished(async () => {
    await page.goto("about:blank");
    await page.context().clearCookies();
  });
  await page.goto(running.url);
  return running;
}

const BINARY = [0, 1, 254, 255];

describe.each(servers)("Chromium with %s", (_name, make) => {
  const ways: [way: string, file: string, options: object][] = [
    ["polling", "socket.io", { transports: ["polling"] }],
    ["websocket", "socket.io", { transports: ["websocket"] }],
    ["polling, then websocket", "socket.io", {}],
    ["polling, then websocket", "sockeye", {}],
    ["a race", "sockeye", { connect: "race" }],
  ];

  test.each(ways)("a page exchanges text and binary by %s, with %s", async (way, file, options) => {
    await visit(make);
    await page.addScriptTag({ url: `/client/${file}.min.js` });
    const result = await page.evaluate(run(options));
    expect(result).toEqual({
      text: "ä😀",
      binary: [BINARY, BINARY, BINARY, BINARY],
      transport: way === "polling" ? "polling" : "websocket",
      connected: true,
      reason: false,
    });
  });

  test.each([
    ["socket.io.js", "undefined"],
    ["socket.io.min.js", "undefined"],
    ["sockeye.js", "function"],
  ])("%s defines io with what belongs to it", async (file, observe) => {
    await visit(make);
    await page.addScriptTag({ url: `/client/${file}` });
    const names = `[typeof io, io.io === io, io.connect === io, typeof io.Manager, typeof io.Socket, io.protocol,
      typeof io.observe]`;
    expect(await page.evaluate(names)).toEqual(["function", true, true, "function", "function", 5, observe]);
    expect(await page.evaluate(run({}))).toMatchObject({ transport: "websocket" });
  });

  test.each([["socket.io"], ["sockeye"]])(
    "the ES module of %s exports what socket.io-client's does",
    async (file) => {
      await visit(make);
      const result = await page.evaluate(`(async () => {
      ${SCENARIO}
      const client = await import("/client/${file}.esm.min.js");
      const { default: io, Fetch, WebSocket } = client;
      const echo = await scenario(io, { transports: [Fetch, WebSocket], upgrade: false });
      return { names: Object.keys(client).sort(), transport: echo.transport };
    })()`);
      const names =
        "Fetch Manager NodeWebSocket NodeXHR Socket WebSocket WebTransport XHR connect default io protocol";
      expect(result).toMatchObject({ names: expect.arrayContaining(names.split(" ")), transport: "polling" });
    },
  );

  test("a worker has a connection of its own", async () => {
    await visit(make);
    const result = await page.evaluate(`new Promise((resolve) => {
      const worker = new Worker("/worker.js");
      worker.onmessage = ({ data }) => resolve(data);
      worker.onerror = ({ message }) => resolve(message);
      worker.postMessage({});
    })`);
    expect(result).toMatchObject({
      text: "ä😀",
      transport: "websocket",
      binary: [BINARY, BINARY, BINARY, BINARY],
    });
  });

  test("says that the network is gone, and connects at once when it is back", async () => {
    await visit(make);
    await page.addScriptTag({ url: "/client/sockeye.min.js" });
    const gone = await page.evaluate(`(async () => {
      window.socket = io({ reconnectionDelay: 1e6, reconnectionDelayMax: 1e6 });
      window.store = io.observe(socket);
      await socket.whenConnected({ timeout: 5000 });
      return new Promise((resolve) => {
        socket.on("disconnect", (reason, details) => resolve({ reason, ...details, state: store.getSnapshot().status }));
        window.dispatchEvent(new Event("offline"));
      });
    })()`);
    expect(gone).toMatchObject({ reason: "transport close", description: "network connection lost" });
    expect(await page.evaluate("store.getSnapshot()")).toMatchObject({ status: "reconnecting", attempt: 1 });
    await page.evaluate(`window.dispatchEvent(new Event("online"))`);
    await page.evaluate("socket.whenConnected({ timeout: 5000 }).then(() => true)");
  });

  test("tests the connection when the page is looked at again, and stays when the server answers", async () => {
    const running = await visit(make);
    await page.addScriptTag({ url: "/client/sockeye.min.js" });
    const answer = await page.evaluate(`(async () => {
      window.socket = io({ transports: ["websocket"] });
      await socket.whenConnected({ timeout: 5000 });
      const answer = new Promise((resolve) => socket.io.once("packet", resolve));
      document.dispatchEvent(new Event("visibilitychange", { bubbles: true }));
      return answer;
    })()`);
    expect(answer).toMatchObject({ type: 4, nsp: "/sockeye-probe" });
    expect(running.io.of("/").sockets.size).toBe(1);
    expect(await page.evaluate("socket.connected")).toBe(true);
  });

  test("closes with the page when asked to", async () => {
    const running = await visit(make);
    await page.addScriptTag({ url: "/client/sockeye.min.js" });
    await page.evaluate(
      "io({ closeOnBeforeunload: true }).whenConnected({ timeout: 5000 }).then(() => true)",
    );
    await page.goto("about:blank");
    await until(() => running.io.engine.clientsCount === 0);
  });

  test("sends cookies and headers to another origin where both allow it", async () => {
    await visit(make);
    const origin = new URL(page.url()).origin;
    const other = await serve(make, {
      cors: { origin, credentials: true, allowedHeaders: ["x-token"] },
      cookie: true,
    });
    await page.addScriptTag({ url: "/client/sockeye.min.js" });
    const seen = new Promise((resolve) => {
      other.io.on("connection", (peer) =>
        resolve([peer.handshake.headers["x-token"], peer.handshake.headers.origin]),
      );
    });
    const options = { withCredentials: true, extraHeaders: { "x-token": "t" } };
    const connected = `io("${other.url}", ${JSON.stringify(options)}).whenConnected({ timeout: 5000 }).then(() => true)`;
    expect(await page.evaluate(connected)).toBe(true);
    expect(await seen).toEqual(["t", origin]);
  });
});

test.each([["socket.io"], ["sockeye"]])(
  "%s.msgpack speaks MessagePack by itself, with a server that does",
  async (file) => {
    const { default: parser } = await import("socket.io-msgpack-parser");
    const running = await visit((http, options) => servers[0]?.[1](http, { ...options, parser }) as never);
    await page.addScriptTag({ url: `/client/${file}.msgpack.min.js` });
    const echoed = await page.evaluate(`io().emitWithAck("echo", { n: 1, text: "ä" })`);
    expect(echoed).toEqual([{ n: 1, text: "ä" }]);
    expect(running.io.engine.clientsCount).toBe(1);
  },
);
