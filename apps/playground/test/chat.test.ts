/** The playground as people see it, in real browser pages: the chat, and what happens when its connection breaks. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { chromiumIsMissing, launchChromium } from "@sockeye/browser-testing";
import { freePort } from "@sockeye/cluster/testing";
import type { ServerOptions } from "@sockeye/server";
import type { Browser, Page } from "playwright-core";
import { beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { bundle } from "../scripts/bundle.mjs";
import { Site } from "../src/site.ts";

/** SCREENSHOTS=1 writes the README's pictures. */
const pictures = process.env.SCREENSHOTS === "1";
const IMAGES = fileURLToPath(new URL("../../../docs/images/", import.meta.url));
// A red dot, the smallest image that a browser decodes.
const png = Buffer.from(
  "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8BQDwAEhQGAhKmMIQAAAABJRU5ErkJggg==",
  "base64",
);

interface Looks {
  viewport?: { width: number; height: number };
  colorScheme?: "light" | "dark";
}

const PHONE = { viewport: { width: 360, height: 740 } };

describe.skipIf(chromiumIsMissing)("the playground", { timeout: 60_000 }, () => {
  let browser: Browser;

  beforeAll(async () => {
    await bundle();
    browser = await launchChromium();
    return () => browser.close();
  }, 120_000);

  async function open(server: Partial<ServerOptions> = {}): Promise<string> {
    const site = new Site({ port: 0, offlineFor: 2500, away: 500, server });
    await site.open();
    onTestFinished(() => site.close());
    return site.url;
  }

  /** Lets nobody connect while it is shut: what is to be seen without a connection then stays to be seen. */
  class Door {
    open = true;
    readonly server: Partial<ServerOptions> = {
      allowRequest: (_request, decide) => decide(null, this.open),
    };
  }

  /**
   * One browser for each person, kept for all tests: to open another takes longer than most of them. Each test has an
   * origin of its own, and so a storage.
   */
  const browsers: Page[] = [];
  let people = 0;

  async function enter(url: string, name: string, looks: Looks = {}): Promise<Page> {
    const mine = people++;
    const page = browsers[mine] ?? (await (await browser.newContext()).newPage());
    browsers[mine] = page;
    page.setDefaultTimeout(20_000);
    onTestFinished(async () => {
      people = 0;
      await page.goto("about:blank");
    });
    const { viewport = { width: 1280, height: 720 }, colorScheme = "light" } = looks;
    await page.setViewportSize(viewport);
    await page.emulateMedia({ reducedMotion: "reduce", colorScheme });
    return join(page, url, name);
  }

  async function join(page: Page, url: string, name: string): Promise<Page> {
    await page.goto(url);
    await page.getByLabel("Your name").fill(name);
    await page.getByRole("button", { name: "Enter" }).click();
    await status(page, "Connected").waitFor();
    return page;
  }

  const status = (page: Page, text: string) =>
    page
      .getByRole("banner")
      .getByRole("status")
      .filter({ hasText: new RegExp(`^${text}`) });
  const bubble = (page: Page, text: string) =>
    page.getByRole("log", { name: "Messages" }).getByRole("listitem").filter({ hasText: text });
  const person = (page: Page, name: string) =>
    page.getByRole("list", { name: "Who is here" }).getByRole("listitem").filter({ hasText: name });
  const fact = (page: Page, name: string) =>
    page.getByLabel("Connection", { exact: true }).locator("div").filter({ hasText: name });
  const go = (page: Page, room: string) =>
    page.getByRole("list", { name: "Rooms" }).getByRole("button", { name: room }).click();
  const hit = (page: Page, name: string) => page.getByRole("button", { name }).click();
  const box = (page: Page) => page.getByRole("textbox", { name: "Message", exact: true });

  async function say(page: Page, text: string): Promise<void> {
    await box(page).fill(text);
    await page.getByRole("button", { name: "Send", exact: true }).click();
  }

  async function expectOnce(pages: Page[], texts: string[]): Promise<void> {
    for (const page of pages)
      for (const text of texts) {
        await bubble(page, text).waitFor();
        expect(await bubble(page, text).count()).toBe(1);
      }
  }

  test("two people see each other, type, talk, and see their words read", async () => {
    const url = await open();
    const [ada, ben] = [await enter(url, "Ada"), await enter(url, "Ben")];
    await person(ada, "Ben").waitFor();
    await box(ada).pressSequentially("Hel");
    await ben.getByText("Ada is typing").waitFor();
    await say(ada, "Hello Ben");
    await bubble(ada, "Hello Ben").getByText("Read by Ben").waitFor();
    await expectOnce([ada, ben], ["Hello Ben"]);
    await ada.getByRole("searchbox").fill("Hello Ben");
    await ada.getByRole("option").filter({ hasText: "message" }).waitFor();
    await ben.getByText("Ada is typing").waitFor({ state: "detached" });
    await fact(ada, "Latency")
      .getByText(/^\d+ ms$/)
      .waitFor();
    await fact(ada, "Transport").getByText("websocket").waitFor();
  });

  test("two tabs of one browser are one person, and both have every message", async () => {
    const url = await open();
    const ada = await enter(url, "Ada");
    const second = await join(await ada.context().newPage(), url, "Ada");
    await person(ada, "Ada").getByText("2 tabs").waitFor();
    await say(ada, "From the first");
    await expectOnce([ada, second], ["From the first"]);
    await bubble(ada, "From the first").getByText("✓ Sent").waitFor();
    await second.close();
    await person(ada, "Ada").getByText("2 tabs").waitFor({ state: "detached" });
  });

  test("a message in a room that nobody looks at is sent, delivered to a hidden page, then read", async () => {
    const url = await open();
    const [ada, ben] = [await enter(url, "Ada"), await enter(url, "Ben")];
    const look = (hidden: boolean) =>
      ben.evaluate((value) => {
        Object.defineProperty(document, "hidden", { value, configurable: true });
        document.dispatchEvent(new Event("visibilitychange"));
      }, hidden);
    await person(ada, "Ben").waitFor();
    await look(true);
    await say(ada, "Are you looking?");
    await bubble(ada, "Are you looking?").getByText("Delivered to Ben").waitFor();
    await look(false);
    await bubble(ada, "Are you looking?").getByText("Read by Ben").waitFor();
  });

  test("an image crosses as binary and is drawn", async () => {
    const url = await open();
    const [ada, ben] = [await enter(url, "Ada"), await enter(url, "Ben")];
    await person(ada, "Ben").waitFor();
    await ada
      .getByLabel("Send an image")
      .setInputFiles({ name: "dot.png", mimeType: "image/png", buffer: png });
    const image = ben.getByAltText("Shared by Ada");
    await image.waitFor();
    const width = (node: HTMLImageElement) => node.decode().then(() => node.naturalWidth);
    expect(await image.evaluate(width)).toBe(1);
  });

  test("rooms are apart, tell what is unread, and have their history", async () => {
    const url = await open();
    const [ada, ben] = [await enter(url, "Ada"), await enter(url, "Ben")];
    await go(ada, "Harbour");
    await person(ben, "Ada").waitFor({ state: "detached" });
    await say(ada, "Ahoy");
    await ben.getByRole("button", { name: "Harbour 1 unread" }).waitFor();
    expect(await bubble(ben, "Ahoy").count()).toBe(0);
    await go(ben, "Harbour");
    await expectOnce([ada, ben], ["Ahoy"]);
    await bubble(ada, "Ahoy").getByText("Read by Ben").waitFor();
  });

  test("a dropped connection is recovered: nothing is missing, nothing doubled", async () => {
    const door = new Door();
    const url = await open(door.server);
    const [ada, ben] = [await enter(url, "Ada"), await enter(url, "Ben")];
    await person(ada, "Ben").waitFor();
    await say(ada, "Before");
    await bubble(ben, "Before").waitFor();
    door.open = false;
    await hit(ben, "Drop the connection");
    await status(ben, "Reconnecting").waitFor();
    await fact(ben, "Next")
      .getByText(/^in \d\.\d s$/)
      .waitFor();
    await say(ada, "Meanwhile");
    await say(ben, "Written without a connection");
    await bubble(ben, "Written without a connection").getByText("Waiting to be sent").waitFor();
    await ben.getByText("1 message waits for the connection").waitFor();
    door.open = true;
    await status(ben, "Connected").getByText("recovered").waitFor();
    await bubble(ben, "Written without a connection").getByText("Read by Ada").waitFor();
    await expectOnce([ada, ben], ["Before", "Meanwhile", "Written without a connection"]);
  });

  test("offline, attempts fail until the server lets the tab back", async () => {
    const url = await open();
    const [ada, ben] = [await enter(url, "Ada"), await enter(url, "Ben")];
    await hit(ben, "Go offline");
    await status(ben, "Reconnecting").waitFor();
    await fact(ben, "Attempt")
      .getByText(/^[2-9]$/)
      .waitFor();
    await say(ada, "Into the void?");
    await status(ben, "Connected").waitFor();
    await expectOnce([ada, ben], ["Into the void?"]);
  });

  test("a server without pings is given up by its client, which recovers", async () => {
    const door = new Door();
    const url = await open({ ...door.server, pingInterval: 500, pingTimeout: 1500 });
    const [ada, ben] = [await enter(url, "Ada"), await enter(url, "Ben")];
    door.open = false;
    await hit(ben, "Silence the server");
    await status(ben, "Reconnecting").waitFor();
    await say(ada, "Still here");
    door.open = true;
    await status(ben, "Connected").getByText("recovered").waitFor();
    await expectOnce([ada, ben], ["Still here"]);
  });

  test("a restarted server has everybody back, and the history", async () => {
    const door = new Door();
    const url = await open(door.server);
    const [ada, ben] = [await enter(url, "Ada"), await enter(url, "Ben")];
    await say(ada, "Before");
    await bubble(ben, "Before").waitFor();
    door.open = false;
    await hit(ada, "Restart the server");
    for (const page of [ada, ben]) await status(page, "Reconnecting").waitFor();
    await say(ben, "While it was away");
    await bubble(ben, "While it was away").getByText("Waiting to be sent").waitFor();
    door.open = true;
    for (const page of [ada, ben]) await status(page, "Connected").waitFor();
    await expectOnce([ada, ben], ["Before", "While it was away"]);
    await person(ada, "Ben").waitFor();
  });

  test("what is said while the server is killed arrives when there is another one", async () => {
    const port = await freePort();
    const url = `http://localhost:${port}`;
    const server = await start(port);
    const [ada, ben] = [await enter(url, "Ada"), await enter(url, "Ben")];
    await say(ada, "Before");
    await bubble(ben, "Before").waitFor();
    server.kill("SIGKILL");
    await status(ada, "Reconnecting").waitFor();
    await say(ada, "Are you there?");
    const next = await start(port);
    await bubble(ada, "Are you there?").getByText("Read by Ben").waitFor();
    await expectOnce([ada, ben], ["Before", "Are you there?"]);
    next.kill("SIGINT");
    expect(await once(next, "exit")).toEqual([0, null]);
  });

  test.each(["light", "dark"] as const)(
    "axe finds nothing to object to, %s, and on a phone",
    async (colorScheme) => {
      const url = await open();
      const ada = await enter(url, "Ada", { colorScheme, viewport: { width: 1440, height: 860 } });
      const phone = await enter(url, "Ben", { colorScheme, ...PHONE });
      await say(ada, "Has the ferry left yet?");
      await bubble(phone, "Has the ferry left").waitFor();
      await say(phone, "Ten minutes ago. The next one is at four.");
      await bubble(ada, "Ten minutes").waitFor();
      await say(ada, "Then I shall wait on the pier.");
      await bubble(ada, "Then I shall").getByText("Read by Ben").waitFor();
      await fact(ada, "Transport").getByText("websocket").waitFor();
      await picture(ada, colorScheme);
      if (colorScheme === "light") await picture(phone, "phone");
      expect(await complaints(ada)).toEqual([]);
      for (const view of ["Chat", "Lab", "Rooms"]) {
        await phone.getByRole("navigation").getByRole("button", { name: view }).click();
        expect(await complaints(phone)).toEqual([]);
        expect(await phone.evaluate(() => document.documentElement.scrollWidth)).toBe(360);
      }
    },
  );
});

async function picture(page: Page, name: string): Promise<void> {
  if (!pictures) return;
  await mkdir(IMAGES, { recursive: true });
  await page.screenshot({ path: `${IMAGES}playground-${name}.png` });
}

/** What axe-core has to say against a page; the wire panel has tests of its own. */
async function complaints(page: Page): Promise<string[]> {
  if (!(await page.evaluate(() => "axe" in window)))
    await page.addScriptTag({ path: fileURLToPath(import.meta.resolve("axe-core/axe.min.js")) });
  return page.evaluate(async () => {
    const { axe } = globalThis as unknown as { axe: typeof import("axe-core") };
    const { violations } = await axe.run({ exclude: ["sockeye-devtools"] });
    return violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(" ")}`);
  });
}

async function start(port: number): Promise<ChildProcess> {
  const main = fileURLToPath(new URL("../dist/main.js", import.meta.url));
  const server = spawn(process.execPath, [main], {
    env: { ...process.env, PORT: String(port) },
    // It ends when this process is gone, however that went.
    stdio: ["ignore", "pipe", "inherit", "ipc"],
  });
  onTestFinished(() => void server.kill("SIGKILL"));
  for await (const line of server.stdout ?? []) if (String(line).includes("http://localhost")) break;
  return server;
}
