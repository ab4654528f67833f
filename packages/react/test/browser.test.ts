/** The hooks in Chromium, from a Vite server: StrictMode, hot reload, streamed and hydrated pages, two tabs. */
import { once } from "node:events";
import { cp, mkdtemp, readFile, realpath, rm, symlink, writeFile } from "node:fs/promises";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Writable } from "node:stream";
import { fileURLToPath } from "node:url";
import { chromiumIsMissing, launchChromium } from "@sockeye/browser-testing";
import { rooms, Server, type Socket } from "@sockeye/server";
import react from "@vitejs/plugin-react";
import type { Browser, Page } from "playwright-core";
import { createServer as createVite, type ViteDevServer } from "vite";
import { beforeAll, describe, expect, onTestFinished, test } from "vitest";

const root = fileURLToPath(new URL("../../..", import.meta.url));

type Stream = typeof import("./app/entry-server.tsx").stream;

describe.skipIf(chromiumIsMissing)("in Chromium", () => {
  let browser: Browser;
  /** Tabs of earlier tests: to open another takes longer than most tests. */
  const idle: Page[] = [];
  let vite: ViteDevServer;
  let folder: string;
  let pages: string;
  /** When the streamed page's late part may come. */
  let ready: Promise<unknown> = Promise.resolve();
  let serverErrors: string[] = [];
  let sent = "";

  beforeAll(async () => {
    folder = await realpath(await mkdtemp(join(tmpdir(), "sockeye-react-")));
    await cp(fileURLToPath(new URL("app", import.meta.url)), folder, { recursive: true });
    await symlink(join(root, "node_modules"), join(folder, "node_modules"));
    const http = createServer();
    const conditions = ["source", "module", "browser", "development|production"];
    vite = await createVite({
      root: folder,
      cacheDir: join(folder, ".vite"),
      configFile: false,
      logLevel: "error",
      appType: "custom",
      plugins: [react()],
      resolve: { conditions, dedupe: ["react", "react-dom"] },
      ssr: { resolve: { conditions: ["source", "module", "node", "development|production"] } },
      server: { middlewareMode: true, hmr: { server: http }, fs: { allow: [folder, root] } },
      optimizeDeps: {
        entries: ["entry-client.tsx"],
        // The client in one file: a page asks for few, also when the machine is busy.
        include: ["react", "react-dom/client", "react/jsx-dev-runtime", "@sockeye/client"],
      },
    });
    http.on("request", (request, response) =>
      vite.middlewares(request, response, () => page(request, response)),
    );
    http.listen(0, "127.0.0.1");
    await once(http, "listening");
    pages = `http://127.0.0.1:${(http.address() as AddressInfo).port}`;
    browser = await launchChromium();
    return async () => {
      await browser.close();
      await vite.close();
      http.closeAllConnections();
      http.close();
      await rm(folder, { recursive: true });
    };
  }, 60_000);

  async function page(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { pathname, search } = new URL(request.url ?? "/", pages);
    const streamed = pathname === "/streamed";
    const script = streamed ? "" : '<script type="module" src="/entry-client.tsx"></script>';
    const html = `<!doctype html><link rel="icon" href="data:,"><div id="root"><!--app--></div>${script}`;
    const [before = "", after = ""] = (await vite.transformIndexHtml(pathname, html)).split("<!--app-->");
    response.setHeader("content-type", "text/html");
    response.write(before);
    if (!streamed) return void response.end(after);
    const { stream } = (await vite.ssrLoadModule("/entry-server.tsx")) as { stream: Stream };
    const out = new Writable({
      write(chunk, _, done) {
        sent += String(chunk);
        response.write(chunk, done);
      },
      final: (done) => void response.end(after, done),
    });
    stream(search, ready, out, (error) => void serverErrors.push(String(error)));
  }

  async function serve() {
    const http = createServer();
    const io = new Server(http, { serveClient: false });
    const connections: string[] = [];
    io.engine.on("connection", () => connections.push("engine"));
    for (const name of ["/", "/own"]) io.of(name).on("connection", () => connections.push(name));
    io.on("connection", (socket) => {
      socket.on("add", (a, b, reply) => reply(a + b));
    });
    rooms(io, { gracePeriod: 0, user: ({ handshake }) => ({ id: handshake.auth.name }) });
    http.listen(0, "127.0.0.1");
    await once(http, "listening");
    onTestFinished(() => io.close());
    return { io, connections, url: `http://127.0.0.1:${(http.address() as AddressInfo).port}` };
  }

  async function open(server: string, name = "ada", path = "/"): Promise<{ tab: Page; errors: string[] }> {
    const tab = idle.pop() ?? (await browser.newPage());
    const errors: string[] = [];
    tab.on("pageerror", (error) => errors.push(String(error)));
    tab.on("console", (message) => message.type() === "error" && errors.push(message.text()));
    onTestFinished(async () => {
      tab.removeAllListeners("pageerror").removeAllListeners("console");
      if (tab.isClosed()) return;
      await tab.goto("about:blank");
      idle.push(tab);
    });
    await tab.goto(`${pages}${path}?server=${encodeURIComponent(server)}&name=${name}`, {
      waitUntil: "commit",
    });
    return { tab, errors };
  }

  async function edit(file: string, from: string, to: string): Promise<void> {
    const path = join(folder, file);
    const text = await readFile(path, "utf8");
    expect(text).toContain(from);
    await writeFile(path, text.replaceAll(from, to));
    onTestFinished(() => writeFile(path, text));
  }

  test("under StrictMode the server sees one connection with both namespaces", async () => {
    const { url, connections } = await serve();
    const { tab, errors } = await open(url);
    await tab.getByText("status: connected, sum: 3").waitFor();
    await tab.getByText("own: connected").waitFor();
    await tab.getByText("late: connected").waitFor();
    await tab.getByText("suspense: connected").waitFor();
    expect(connections.sort()).toEqual(["/", "/own", "engine"]);
    expect(errors).toEqual([]);
  }, 60_000);

  test("a page that is left is gone from the server", async () => {
    const { io, url } = await serve();
    const { tab } = await open(url);
    await tab.getByText("lobby: joined, ada 1").waitFor();
    const [socket] = io.sockets.sockets.values() as Iterable<Socket>;
    const left = once(socket as never, "disconnect");
    await tab.goto("about:blank");
    await left;
    expect(io.of("/").sockets.size).toBe(0);
  }, 60_000);

  test("a hot reload keeps the connection, the state and the subscriptions", async () => {
    const { io, url, connections } = await serve();
    const { tab, errors } = await open(url);
    await tab.getByText("lobby: joined, ada 1").waitFor();
    await tab.getByText("own: connected").waitFor();
    await tab.getByRole("button").click();
    io.emit("tick", 1);
    await tab.getByText("clicks: 1, ticks: 1").waitFor();
    await edit("app.tsx", "version one", "version two");
    await tab.getByText("version two").waitFor();
    io.emit("tick", 10);
    await tab.getByText("clicks: 1, ticks: 11").waitFor();
    await tab.getByText("lobby: joined, ada 1").waitFor();
    expect(connections.sort()).toEqual(["/", "/own", "engine"]);
    expect(errors).toEqual([]);
  }, 60_000);

  test("a hot reload that replaces the context leaves one connection", async () => {
    const { io, url } = await serve();
    const { tab } = await open(url);
    await tab.getByText("lobby: joined, ada 1").waitFor();
    const again = once(io as never, "connection");
    await edit("chat.ts", '"ChatProvider"', '"OtherProvider"');
    await again;
    await tab.getByText("lobby: joined, ada 1").waitFor();
    await expect.poll(() => io.engine.clientsCount).toBe(1);
  }, 60_000);

  test("a streamed page is hydrated without a mismatch, also where a part comes after the connection", async () => {
    const { io, url, connections } = await serve();
    serverErrors = [];
    sent = "";
    ready = once(io as never, "connection");
    const { tab, errors } = await open(url, "ada", "/streamed");
    await tab.getByText("late: connected").waitFor();
    expect(sent).toContain("status: <!-- -->connecting");
    expect(sent).toContain("late: <!-- -->connecting");
    expect(sent).toContain("no connection yet");
    await tab.getByText("status: connected, sum: 3").waitFor();
    await tab.getByText("suspense: connected").waitFor();
    expect(connections.sort()).toEqual(["/", "/own", "engine"]);
    // What waits for the connection is left to the browser, and that is all that is.
    expect(serverErrors).toEqual(["Error: There is no connection on a server"]);
    expect(await tab.evaluate(() => window.recovered)).toHaveLength(1);
    expect(errors).toEqual([]);
  }, 60_000);

  test("two tabs of one user are one entry, which others see", async () => {
    const { url } = await serve();
    const { tab: ada } = await open(url, "ada");
    await ada.getByText("lobby: joined, ada 1").waitFor();
    const { tab: ben } = await open(url, "ben");
    await ada.getByText("lobby: joined, ada 1, ben 1").waitFor();
    const { tab: second } = await open(url, "ben");
    await ada.getByText("lobby: joined, ada 1, ben 2").waitFor();
    await ben.getByText("lobby: joined, ada 1, ben 2").waitFor();
    await second.close();
    await ada.getByText("lobby: joined, ada 1, ben 1").waitFor();
    await ben.close();
    await ada.getByText("lobby: joined, ada 1", { exact: true }).waitFor();
  }, 60_000);
});
