/** The example: HTML that says all before any script runs, and in Chromium what becomes of it. */
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { chromiumIsMissing, launchChromium } from "@sockeye/browser-testing";
import type { Browser } from "playwright-core";
import { build, defaultClientConditions } from "vite";
import { beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { type Headlines, serve } from "../server/serve.ts";

async function open(assets: string): Promise<Headlines & { url: string }> {
  const headlines = serve(assets);
  const { http, io } = headlines;
  http.listen(0, "127.0.0.1");
  await once(http, "listening");
  onTestFinished(async () => {
    const closed = io.close();
    http.closeAllConnections();
    await closed;
  });
  return { ...headlines, url: `http://127.0.0.1:${(http.address() as AddressInfo).port}` };
}

test("the server's HTML has the headlines and the fallback, and costs no connection", async () => {
  const { url, io, publish } = await open(tmpdir());
  publish("</script> is no end");
  const html = await (await fetch(url)).text();
  expect(html).toContain("<li>Sockeye run begins early this year</li>");
  expect(html).toContain('<p role="status">connecting</p>');
  expect(html).toContain("Looking for other readers…");
  expect(html).toContain("\\u003c/script> is no end");
  expect(io.engine.clientsCount).toBe(0);
});

describe.skipIf(chromiumIsMissing)("in Chromium", { timeout: 60_000 }, () => {
  let browser: Browser;
  let outDir: string;

  beforeAll(async () => {
    outDir = await mkdtemp(join(tmpdir(), "sockeye-example-"));
    const root = fileURLToPath(new URL("..", import.meta.url));
    const conditions = ["source", ...defaultClientConditions];
    await build({ root, logLevel: "error", resolve: { conditions }, build: { outDir } });
    browser = await launchChromium();
    return async () => {
      await browser.close();
      await rm(outDir, { recursive: true });
    };
  }, 60_000);

  test("the page comes to life without a mismatch, and what waited for the connection appears", async () => {
    const { url, io, publish } = await open(outDir);
    const page = await browser.newPage();
    const errors: unknown[] = [];
    page.on("pageerror", (error) => errors.push(error));
    page.on("console", (message) => message.type() === "error" && errors.push(message.text()));
    await page.goto(url);
    await page.getByRole("status").getByText("connected", { exact: true }).waitFor();
    await page.getByText("1 reading").waitFor();
    publish("Live from the river");
    await page.getByText("Live from the river").waitFor();
    expect(await page.getByRole("listitem").allTextContents()).toEqual([
      "Live from the river",
      "Sockeye run begins early this year",
    ]);
    expect(io.engine.clientsCount).toBe(1);
    expect(errors).toEqual([]);
  });
});
