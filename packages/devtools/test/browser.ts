/** Chromium, started once for a file, and pages bundled from the sources. */
import { once } from "node:events";
import { createServer, type Server as HttpServer } from "node:http";
import { createRequire } from "node:module";
import type { AddressInfo } from "node:net";
import { fileURLToPath } from "node:url";
import { launchChromium } from "@sockeye/browser-testing";
import { Server } from "@sockeye/server";
import { build } from "esbuild";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, expect, onTestFinished, vi } from "vitest";

// A busy machine starts pages slowly.
vi.setConfig({ testTimeout: 40_000 });

let browser: Browser;
let page: Page;

beforeAll(async () => {
  browser = await launchChromium();
  page = await browser.newPage({ permissions: ["clipboard-read", "clipboard-write"] });
  page.setDefaultTimeout(15_000);
}, 60_000);

afterAll(() => browser?.close());

const bundles = new Map<string, Promise<string>>();

/** A page's script as one text. */
export function bundled(entry: string): Promise<string> {
  const text = bundles.get(entry) ?? bundle(entry);
  bundles.set(entry, text);
  return text;
}

async function bundle(entry: string): Promise<string> {
  const { outputFiles } = await build({
    entryPoints: [fileURLToPath(new URL(`app/${entry}`, import.meta.url))],
    bundle: true,
    format: "iife",
    platform: "browser",
    jsx: "automatic",
    conditions: ["source"],
    define: { "process.env.NODE_ENV": '"production"' },
    write: false,
  });
  return outputFiles[0]?.text ?? "";
}

const HTML = `<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>Devtools</title><style>body { margin: 12px; background: light-dark(#e9ecf0, #05080b); color-scheme: light dark }
sockeye-devtools { height: calc(100vh - 24px) }</style><main></main><script src="/page.js"></script>`;

export interface Place {
  io: Server;
  http: HttpServer;
  url: string;
}

/** A server of the page, which ends with the test. */
export async function serve(
  script: string,
  options: ConstructorParameters<typeof Server>[1] = {},
): Promise<Place> {
  const http = createServer((request, response) => {
    const isScript = request.url === "/page.js";
    response.setHeader("content-type", isScript ? "text/javascript" : "text/html");
    response.end(isScript ? script : HTML);
  });
  const io = new Server(http, { serveClient: false, ...options });
  http.listen(0, "127.0.0.1");
  await once(http, "listening");
  onTestFinished(async () => {
    const closed = io.close();
    // A browser opens connections before it needs them, which Node.js does not take for idle.
    http.closeAllConnections();
    await closed;
  });
  return { io, http, url: `http://127.0.0.1:${(http.address() as AddressInfo).port}` };
}

/**
 * The file's page, which must be without errors until the test ends. One page for all tests: to open another costs as
 * much as the whole of a test, and each test has an origin of its own.
 */
export async function visit(url: string, colorScheme: "light" | "dark" = "light"): Promise<Page> {
  await page.setViewportSize({ width: 1100, height: 700 });
  await page.emulateMedia({ colorScheme });
  const errors: unknown[] = [];
  const note = (error: unknown): unknown => errors.push(error);
  page.on("pageerror", note);
  onTestFinished(async () => {
    await page.goto("about:blank");
    page.off("pageerror", note);
    expect(errors).toEqual([]);
  });
  await page.goto(url);
  return page;
}

/** What axe-core has to say against an element. */
export async function axe(page: Page, selector: string): Promise<unknown[]> {
  if (!(await page.evaluate(() => "axe" in window)))
    await page.addScriptTag({ path: createRequire(import.meta.url).resolve("axe-core/axe.min.js") });
  return page.evaluate(async (selector) => {
    const { axe } = window as unknown as { axe: typeof import("axe-core") };
    const { violations } = await axe.run(document.querySelector(selector) as Element);
    return violations.map(({ id, nodes }) => [id, nodes.map(({ html }) => html)]);
  }, selector);
}
