/** The panel in Chromium: 100,000 packets, the keyboard, a screen reader's view of it, light and dark. */
import type { Page } from "playwright-core";
import { expect, test } from "vitest";
import { axe, bundled, type Place, serve, visit } from "./browser.ts";

async function open(colorScheme?: "light" | "dark"): Promise<Place & { page: Page }> {
  const place = await serve(await bundled("page.ts"));
  place.io.on("connection", (peer) => peer.on("echo", (value, done) => done(value)));
  return { ...place, page: await visit(place.url, colorScheme) };
}

/** Goes on when the panel has drawn what it knows. */
const drawn = (page: Page): Promise<unknown> =>
  page.evaluate(() => new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve))));

test("draws a live connection: handshake, upgrade, events with their acknowledgements", async () => {
  const { page } = await open();
  await page.getByRole("option", { name: /Upgraded to websocket/ }).waitFor();
  await page.evaluate(() => window.scene.socket.emitWithAck("echo", { n: 1 }));
  await page.getByRole("option", { name: /server to client, acknowledgement of echo.*after/ }).waitFor();
  const options = await page.getByRole("option").allTextContents();
  expect(options.find((text) => text.includes("ping probe"))).toBeDefined();
  expect(
    await page.getByRole("option", { name: /client to server, event echo.*acknowledged after/ }).count(),
  ).toBe(1);
});

test("100,000 packets: few rows in the page, the right ones wherever it is scrolled to", async () => {
  const { page } = await open();
  await page.evaluate(() => window.scene.load(100_000));
  await page.getByText("100,000 entries", { exact: true }).waitFor();
  const list = page.getByRole("listbox");
  const rows = page.getByRole("option");
  expect(await rows.last().getAttribute("data-seq")).toBe("99999");
  for (const seq of [0, 31_417, 77_777, 50_000]) {
    await list.evaluate((element, top) => element.scrollTo({ top }), seq * 30);
    await page.locator(`[data-seq="${seq}"]`).waitFor();
    await drawn(page);
    expect(await rows.count()).toBeLessThan(60);
    const box = await page.locator(`[data-seq="${seq}"]`).boundingBox();
    const frame = await list.boundingBox();
    expect(Math.round((box?.y ?? 0) - (frame?.y ?? 0))).toBe(0);
    expect(await page.locator(`[data-seq="${seq}"]`).getAttribute("aria-posinset")).toBe(String(seq + 1));
    expect(await page.locator(`[data-seq="${seq}"] strong`).textContent()).toBe(`event-${seq}`);
  }
  // In the order of the list, which is how a screen reader goes through them.
  const order = await rows.evaluateAll((all) => all.map((row) => Number(row.getAttribute("data-seq"))));
  expect(order).toEqual([...order].sort((a, b) => a - b));
});

test("goes with its end until it is scrolled up, and again from the button on", async () => {
  const { page } = await open();
  await page.evaluate(() => window.scene.load(1000));
  await page.getByText("1,000 entries").waitFor();
  await page.evaluate(() => window.scene.add());
  await page.locator('[data-seq="1000"]').waitFor();
  const list = page.getByRole("listbox");
  await list.evaluate((element) => element.scrollTo({ top: 3000 }));
  await page.getByRole("button", { name: "Latest" }).waitFor();
  await page.evaluate(() => window.scene.add());
  await page.getByText("1,002 entries").waitFor();
  expect(await list.evaluate((element) => element.scrollTop)).toBe(3000);
  await page.getByRole("button", { name: "Latest" }).click();
  await page.locator('[data-seq="1001"]').waitFor();
});

test("filters by kind, namespace and words", async () => {
  const { page } = await open();
  await page.evaluate(() => window.scene.load(10_000));
  await page.getByText("10,000 entries").waitFor();
  await page.getByRole("button", { name: "Heartbeat" }).click();
  await page.getByText("9,800 of 10,000 entries").waitFor();
  await page.getByLabel("Namespace").selectOption("/admin");
  await page.getByText(/^3,267 of/).waitFor();
  await page.getByRole("searchbox").fill("EVENT-42 n");
  await page.getByText(/^\d+ of 10,000 entries/).waitFor();
  const names = await page.locator(".row strong").allTextContents();
  expect(names.length).toBeGreaterThan(10);
  expect(names.every((name) => name.startsWith("event-42"))).toBe(true);
  await page.getByRole("searchbox").fill("nowhere");
  await page.getByText("Nothing matches the filter.").waitFor();
});

test("is used by keyboard alone", async () => {
  const { page } = await open();
  await page.evaluate(() => window.scene.load(100_000));
  await page.getByText("100,000 entries", { exact: true }).waitFor();
  await page.keyboard.press("Tab");
  expect(await page.evaluate(() => window.scene.panel.shadowRoot?.activeElement?.textContent)).toBe(
    "Timeline",
  );
  await page.keyboard.press("ArrowRight");
  expect(await page.getByRole("tab", { name: "Packets" }).getAttribute("aria-selected")).toBe("true");
  await page.getByRole("listbox").focus();
  const active = async (): Promise<string | null> =>
    page.getByRole("listbox").getAttribute("aria-activedescendant");
  await page.keyboard.press("Home");
  expect(await active()).toBe("row-0");
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("ArrowDown");
  expect(await active()).toBe("row-2");
  await page.keyboard.press("PageDown");
  const paged = Number((await active())?.slice(4));
  expect(paged).toBeGreaterThan(10);
  expect(await page.locator(`#row-${paged}`).getAttribute("aria-selected")).toBe("true");
  await page.keyboard.press("End");
  expect(await active()).toBe("row-99999");
  await page.getByRole("complementary", { name: "Details" }).waitFor();
  await page.keyboard.press("Enter");
  await page.keyboard.press("Shift+Tab");
  expect(
    await page.evaluate(() => window.scene.panel.shadowRoot?.activeElement?.getAttribute("aria-label")),
  ).toBe("Close details");
  await page.keyboard.press("Enter");
  expect(await page.getByRole("complementary").count()).toBe(0);
  await page.keyboard.press("/");
  expect(await page.evaluate(() => window.scene.panel.shadowRoot?.activeElement?.getAttribute("type"))).toBe(
    "search",
  );
});

test("leads from an event to its acknowledgement, and shows the payload", async () => {
  const { page } = await open();
  await page.getByRole("option", { name: /Upgraded/ }).waitFor();
  await page.evaluate(() => window.scene.socket.emitWithAck("echo", { deep: { n: 1 } }));
  await page.getByRole("option", { name: /event echo/ }).click();
  const details = page.getByRole("complementary", { name: "Details" });
  expect(await details.locator("pre").textContent()).toBe(
    JSON.stringify(["echo", { deep: { n: 1 } }], undefined, 2),
  );
  await details.getByRole("button", { name: "Show the acknowledgement" }).click();
  await details.getByRole("heading", { name: "acknowledgement of echo" }).waitFor();
});

test("pauses, clears, copies and exports", async () => {
  const { page } = await open();
  await page.getByRole("option", { name: /Upgraded/ }).waitFor();
  await page.getByRole("button", { name: "Pause" }).click();
  await page.evaluate(() => window.scene.socket.emitWithAck("echo", 1));
  await page.getByText("2 not recorded while paused").waitFor();
  await page.getByRole("button", { name: "Resume" }).click();
  await page.getByRole("button", { name: /^Clear/ }).click();
  await page.evaluate(() => window.scene.socket.emitWithAck("echo", 2));
  await page.getByText("2 entries").waitFor();
  await page.getByRole("button", { name: /^Copy/ }).click();
  await page.getByText("Copied").waitFor({ state: "attached" });
  const copied = JSON.parse(await page.evaluate(() => navigator.clipboard.readText()));
  expect(copied.entries.map(({ type }: { type: string }) => type)).toEqual(["EVENT", "ACK"]);
  const [download] = await Promise.all([
    page.waitForEvent("download"),
    page.getByRole("button", { name: /^Export/ }).click(),
  ]);
  expect(download.suggestedFilename()).toMatch(/^sockeye-.*\.json$/);
});

test("is a React component, which may go and come back under StrictMode", async () => {
  const { url, io } = await serve(await bundled("react.tsx"));
  io.on("connection", (peer) => peer.emit("hello"));
  const page = await visit(url);
  const panels = page.locator("sockeye-devtools");
  const hello = page.getByRole("option", { name: /server to client, event hello/ });
  await hello.nth(2).waitFor();
  const marks = panels.evaluateAll((all) =>
    all.map((panel) => ["theme", "class", "view", "bare"].map((name) => panel.getAttribute(name))),
  );
  expect(await marks).toEqual([
    ["dark", "tall", null, null],
    [null, null, "timeline", ""],
    [null, null, "packets", ""],
  ]);
  expect((await panels.first().boundingBox())?.height).toBe(400);
  expect(await page.getByRole("searchbox").count()).toBe(1);
  await page.getByRole("button", { name: "Take away" }).click();
  await panels.nth(2).waitFor({ state: "detached" });
  await page.getByRole("button", { name: "Bring back" }).click();
  await hello.nth(2).waitFor();
  io.emit("again");
  await page
    .getByRole("option", { name: /event again/ })
    .nth(2)
    .waitFor();
});

test.each(["dark", "light"] as const)("axe finds nothing to complain about, %s", async (colorScheme) => {
  const { page } = await open(colorScheme);
  await page.getByRole("option", { name: /Upgraded/ }).waitFor();
  await page.evaluate(() => window.scene.socket.emitWithAck("echo", { n: 1 }));
  await page.getByRole("option", { name: /event echo/ }).click();
  for (const width of [1100, 390]) {
    await page.setViewportSize({ width, height: 700 });
    for (const tab of ["Timeline", "Packets"]) {
      await page.getByRole("tab", { name: tab }).click();
      await drawn(page);
      expect(await axe(page, "sockeye-devtools"), `${tab} at ${width}`).toEqual([]);
    }
  }
});
