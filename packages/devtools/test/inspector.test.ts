/** The inspector's panel in Chromium, as a React component, with a real server: what it shows, and what it does. */

import { io as connect } from "@sockeye/client";
import { inspector, type Server, type Socket } from "@sockeye/server";
import type { Page } from "playwright-core";
import { expect, onTestFinished, test } from "vitest";
import { axe, bundled, type Place, serve, visit } from "./browser.ts";

interface Scene extends Place {
  page: Page;
  /** A client of /chat, as the server sees it. */
  join(...rooms: string[]): Promise<Socket>;
}

async function open(readonly = false): Promise<Scene> {
  const place = await serve(await bundled("react.tsx"));
  inspector(place.io, { credential: "open sesame", readonly });
  place.io.of("/chat");
  const page = await visit(`${place.url}/inspector`);
  return { ...place, page, join: (...rooms) => join(place.io, place.url, rooms) };
}

async function join(io: Server, url: string, rooms: string[]): Promise<Socket> {
  const arrived = new Promise<Socket>((resolve) => io.of("/chat").once("connection", resolve));
  const client = connect(`${url}/chat`, { transports: ["websocket"], forceNew: true, reconnection: false });
  onTestFinished(() => void client.disconnect());
  const socket = await arrived;
  await socket.join(rooms);
  return socket;
}

/** Gives the credential, and looks at /chat. */
async function enter(page: Page): Promise<void> {
  await page.getByLabel("Credential").fill("open sesame");
  await page.getByRole("button", { name: "Connect" }).click();
  await page.getByRole("button", { name: "/chat" }).click();
}

const row = (page: Page, name: string | RegExp) => page.getByRole("row", { name });

test("asks for the credential until it is the right one", async () => {
  const { page } = await open();
  await page.getByRole("alert").getByText("Refused: Forbidden").waitFor();
  await page.getByLabel("Credential").fill("open says me");
  await page.keyboard.press("Enter");
  await page.getByLabel("Credential").fill("open sesame");
  await page.keyboard.press("Enter");
  await page.getByText("Connected", { exact: true }).waitFor();
  expect(await page.getByLabel("Credential").isVisible()).toBe(false);
  await page.getByText(/^[\d.]+ MB of [\d.]+ MB$/).waitFor();
});

test("shows sockets with transport, address and rooms, rooms with their sockets, and events per second", async () => {
  const { page, join } = await open();
  const [ada, ben] = [await join("lobby", "attic"), await join("lobby")];
  await enter(page);
  await row(page, ada.id).getByText("lobby, attic").waitFor();
  expect(await row(page, ada.id).getByRole("cell").allTextContents()).toEqual([
    "websocket",
    "127.0.0.1",
    "0 B",
    "lobby, attic",
  ]);
  await page.getByRole("button", { name: "Rooms" }).click();
  await row(page, "lobby").getByRole("cell", { name: "2", exact: true }).waitFor();
  // While the panel looks, until it has seen it.
  const talk = setInterval(() => ben.emit("talk"), 10);
  onTestFinished(() => clearInterval(talk));
  await row(page, /^\/chat 2 2 0 [1-9]/).waitFor();
  await page.getByRole("button", { name: "lobby", exact: true }).click();
  await page.getByRole("button", { name: "Show its sockets" }).click();
  await page.getByText("1–2 of 2 sockets").waitFor();
  await page.getByRole("button", { name: "Sockets of room lobby; show all" }).click();
  await page.getByRole("searchbox").fill(ben.id);
  await page.getByText("1–1 of 1 sockets").waitFor();
});

test("lets a socket join and leave rooms, and disconnects it, each once it is confirmed", async () => {
  const { page, join, io } = await open();
  const ada = await join("lobby");
  await enter(page);
  await page.getByRole("button", { name: ada.id }).click();
  const details = page.getByRole("complementary", { name: "Details" });
  await details.getByLabel("Room to join").fill("attic");
  await page.keyboard.press("Enter");
  const dialog = page.getByRole("dialog", { name: "Are you sure?" });
  await dialog.getByText(`let socket ${ada.id} join room attic in /chat`).waitFor();
  await page.keyboard.press("Escape");
  await page.getByRole("status").getByText("Nothing was done").waitFor({ state: "attached" });
  expect(ada.rooms.has("attic")).toBe(false);
  await details.getByRole("button", { name: "Join" }).click();
  await dialog.getByRole("button", { name: "Do it" }).click();
  await details.getByRole("listitem").getByText("attic").waitFor();
  await details.getByRole("button", { name: "Leave lobby" }).click();
  await dialog.getByRole("button", { name: "Do it" }).click();
  await details.getByText("lobby").waitFor({ state: "detached" });
  expect([...ada.rooms]).toEqual([ada.id, "attic"]);
  await details.getByRole("button", { name: "Disconnect" }).click();
  await dialog.getByRole("button", { name: "Do it" }).click();
  await details.getByText("not there").waitFor();
  expect([ada.connected, io.of("/chat").sockets.size]).toEqual([false, 0]);
});

test("is used by keyboard alone: from row to row, into the details and back", async () => {
  const { page, join } = await open();
  const sockets = [await join(), await join(), await join()];
  await enter(page);
  await row(page, sockets[2]?.id as string).waitFor();
  const focused = (): Promise<string | null | undefined> =>
    page.evaluate(() => document.querySelector("sockeye-inspector")?.shadowRoot?.activeElement?.textContent);
  await page.getByRole("button", { name: sockets[0]?.id as string }).focus();
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("ArrowDown");
  expect(await focused()).toBe(sockets[2]?.id);
  await page.keyboard.press("Home");
  await page.keyboard.press("Enter");
  await page.getByRole("heading", { name: `Socket ${sockets[0]?.id}` }).waitFor();
  expect(await focused()).toBe("✕");
  await page.keyboard.press("Escape");
  expect(await page.getByRole("complementary").count()).toBe(0);
  expect(await focused()).toBe(sockets[0]?.id);
  // The focus stays where it is while the panel learns of others.
  const another = await join();
  await row(page, another.id).waitFor();
  expect(await focused()).toBe(sockets[0]?.id);
});

test("of 5,000 rooms there are 50 in the page, and the server sends no more", async () => {
  const { page, join } = await open();
  await join(...Array.from({ length: 5000 }, (_, at) => `room-${at}`));
  await enter(page);
  await page.getByRole("button", { name: "Rooms" }).click();
  await page.getByText("1–50 of 5,000 rooms").waitFor();
  expect(await page.getByRole("table", { name: "Rooms" }).locator("tbody tr").count()).toBe(50);
  await page.getByRole("button", { name: "Next" }).click();
  await page.getByRole("button", { name: "room-50", exact: true }).waitFor();
  await page.getByText("51–100 of 5,000 rooms").waitFor();
  await page.getByRole("searchbox").fill("room-499");
  await page.getByText("1–11 of 11 rooms").waitFor();
});

test("a readonly inspector offers no actions", async () => {
  const { page, join } = await open(true);
  const ada = await join("lobby");
  await enter(page);
  await page.getByRole("button", { name: ada.id }).click();
  await page.getByRole("listitem").getByText("lobby").waitFor();
  expect(await page.getByRole("button", { name: /Leave|Join|Disconnect|Close the|All/ }).count()).toBe(0);
});

test("axe finds nothing to complain about, dark and light, wide and as a phone", async () => {
  const { page, join } = await open();
  const ada = await join("lobby");
  await enter(page);
  await page.getByRole("button", { name: ada.id }).click();
  await page.getByRole("listitem").getByText("lobby").waitFor();
  for (const colorScheme of ["dark", "light"] as const) {
    for (const width of [1100, 390]) {
      await page.emulateMedia({ colorScheme });
      await page.setViewportSize({ width, height: 700 });
      expect(await axe(page, "sockeye-inspector"), `${colorScheme} at ${width}`).toEqual([]);
    }
  }
  await page.getByRole("button", { name: "Disconnect" }).click();
  await page.getByRole("dialog").waitFor();
  expect(await axe(page, "sockeye-inspector")).toEqual([]);
});
