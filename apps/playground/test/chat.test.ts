/** The chat as two people see it, in two real browser pages, across a restart of the server. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:net";
import { fileURLToPath } from "node:url";
import { type Browser, chromium, type Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";

const missing = process.env.SOCKEYE_MISSING?.split(",") ?? [];
const flags = [
  "--no-sandbox --disable-gpu --disable-quic --no-first-run",
  "--disable-background-networking --disable-component-update --disable-sync",
].flatMap((line) => line.split(" "));
// A red dot, the smallest image that a browser decodes.
const png = Buffer.from(
  "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8BQDwAEhQGAhKmMIQAAAABJRU5ErkJggg==",
  "base64",
);

describe.skipIf(missing.includes("chromium"))("the chat page", () => {
  let browser: Browser;
  let server: ChildProcess;
  let port: number;

  beforeAll(async () => {
    browser = await chromium.launch({ executablePath: "/usr/bin/chromium", args: flags });
  });
  afterAll(() => browser?.close());
  beforeEach(async () => {
    port = await freePort();
    server = await start(port);
  });
  afterEach(() => stop(server));

  async function enter(name: string, room = "lobby"): Promise<Page> {
    const page = await (await browser.newContext()).newPage();
    await page.goto(`http://localhost:${port}`);
    await page.getByLabel("Your name").fill(name);
    await page.getByLabel("Room").fill(room);
    await page.getByRole("button", { name: "Enter" }).click();
    await page.getByText("Connected by websocket").waitFor();
    return page;
  }

  async function say(page: Page, text: string): Promise<void> {
    await page.getByLabel("Message", { exact: true }).fill(text);
    await page.getByRole("button", { name: "Send", exact: true }).click();
  }

  const within = (page: Page, list: string, text: string) =>
    page.getByRole("list", { name: list }).getByRole("listitem").filter({ hasText: text });
  const bubble = (page: Page, text: string) => within(page, "Messages", text);
  const person = (page: Page, name: string) => within(page, "Who is here", name);

  test("two people see each other, talk, and see their words arrive", async () => {
    const ada = await enter("Ada");
    const ben = await enter("Ben");
    await person(ada, "Ben").waitFor();
    await say(ada, "Hello Ben");
    await bubble(ben, "Hello Ben").waitFor();
    await bubble(ada, "Hello Ben").getByTitle("Shown to 1 of 1").waitFor();
    expect(await bubble(ada, "Hello Ben").count()).toBe(1);
    await ada.getByLabel("Message", { exact: true }).pressSequentially("…");
    await ben.getByText("Ada is typing").waitFor();
    await ben.close();
    await person(ada, "Ben").waitFor({ state: "detached" });
  });

  test("an image crosses as binary and is drawn", async () => {
    const ada = await enter("Ada");
    const ben = await enter("Ben");
    await ada
      .getByLabel("Send an image")
      .setInputFiles({ name: "dot.png", mimeType: "image/png", buffer: png });
    const image = ben.getByAltText("Shared image");
    await image.waitFor();
    expect(
      await image.evaluate((node: HTMLImageElement) => node.decode().then(() => node.naturalWidth)),
    ).toBe(1);
  });

  test("rooms are apart", async () => {
    const ada = await enter("Ada", "harbour");
    const ben = await enter("Ben", "forest");
    const cyd = await enter("Cyd", "harbour");
    await say(ada, "Ahoy");
    await bubble(cyd, "Ahoy").waitFor();
    expect(await bubble(ben, "Ahoy").count()).toBe(0);
    expect(await person(ben, "Ada").count()).toBe(0);
  });

  test("what is said while the server is down arrives when it is back", async () => {
    const ada = await enter("Ada");
    const ben = await enter("Ben");
    server.kill("SIGKILL");
    await once(server, "exit");
    await ada.getByText("Disconnected").or(ada.getByText("Connecting again")).waitFor();
    await say(ada, "Are you there?");
    server = await start(port);
    // Ben may come back after Ada has spoken: then the history has her words for him.
    await bubble(ben, "Are you there?").waitFor();
    await bubble(ada, "Are you there?").getByText("✓").waitFor();
    expect(await bubble(ada, "Are you there?").count()).toBe(1);
    expect(await bubble(ben, "Are you there?").count()).toBe(1);
  });

  test("Ctrl-C closes cleanly with people connected", async () => {
    await enter("Ada");
    server.kill("SIGINT");
    const [code] = await once(server, "exit");
    expect(code).toBe(0);
  });
});

async function freePort(): Promise<number> {
  const probe = createServer().listen(0, "localhost");
  await once(probe, "listening");
  const { port } = probe.address() as { port: number };
  probe.close();
  await once(probe, "close");
  return port;
}

async function start(port: number): Promise<ChildProcess> {
  const main = fileURLToPath(new URL("../dist/main.js", import.meta.url));
  const server = spawn(process.execPath, [main], {
    env: { ...process.env, PORT: String(port) },
    stdio: ["ignore", "pipe", "inherit"],
  });
  for await (const line of server.stdout) if (String(line).includes("http://localhost")) break;
  return server;
}

async function stop(server: ChildProcess): Promise<void> {
  if (server.exitCode !== null || server.signalCode !== null) return;
  server.kill("SIGKILL");
  await once(server, "exit");
}
