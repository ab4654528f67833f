/** The example in Chromium: two people at one list. */
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { chromiumIsMissing, launchChromium } from "@sockeye/browser-testing";
import type { Browser, Page } from "playwright-core";
import sirv from "sirv";
import { build, defaultClientConditions } from "vite";
import { beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { serve } from "../server/serve.ts";

describe.skipIf(chromiumIsMissing)("the shopping list", { timeout: 60_000 }, () => {
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

  test("two people share a list, and a person's lost connection loses nothing", async () => {
    const http = createServer(sirv(outDir));
    const io = serve(http);
    http.listen(0, "127.0.0.1");
    await once(http, "listening");
    const url = `http://127.0.0.1:${(http.address() as AddressInfo).port}`;
    const context = await browser.newContext();
    onTestFinished(async () => {
      await context.close();
      const closed = io.close();
      http.closeAllConnections();
      await closed;
    });
    const errors: unknown[] = [];
    const enter = async (name: string): Promise<Page> => {
      const page = await context.newPage();
      page.on("pageerror", (error) => errors.push(error));
      await page.goto(url);
      await page.getByLabel("Your name").fill(name);
      await page.getByRole("button", { name: "Enter" }).click();
      await page.getByRole("status").getByText("connected", { exact: true }).waitFor();
      return page;
    };
    const add = async (page: Page, text: string): Promise<void> => {
      await page.getByLabel("New item").fill(text);
      await page.getByRole("button", { name: "Add" }).click();
    };
    const [ada, ben] = [await enter("ada"), await enter("ben")];
    await ada.getByText("Here: ada, ben").waitFor();

    await add(ada, "Milk");
    // Not check(): the box shows what the server has, and so changes a moment after the click.
    await ben.getByLabel("Milk by ada").click();
    await ada.getByLabel("Milk by ada").and(ada.locator(":checked")).waitFor();
    await add(ada, "x".repeat(81));
    await ada.getByRole("alert").getByText("An item is 1 to 80 characters long").waitFor();

    // StrictMode mounted everything twice, and still there is one connection for each.
    expect(io.engine.clientsCount).toBe(2);
    const sockets = [...io.sockets.sockets.values()];
    sockets.find(({ data }) => data.name === "ben")?.conn.close();
    await add(ada, "Bread");
    await ben.getByLabel("Bread by ada").waitFor();
    expect(await ben.getByRole("listitem").count()).toBe(2);

    await ben.getByRole("button", { name: "hardware" }).click();
    await ada.getByText("Here: ada", { exact: true }).waitFor();
    expect(await ben.getByRole("listitem").count()).toBe(0);
    expect(errors).toEqual([]);
  });
});
