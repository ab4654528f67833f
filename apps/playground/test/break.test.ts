/** Whom the playground lets in, and whom it lets break connections. */
import { io, type Socket } from "@sockeye/client";
import { expect, onTestFinished, test } from "vitest";
import type { ClientToServer, ServerToClient } from "../src/events.ts";
import { Site } from "../src/site.ts";

async function visit(
  extraHeaders: Record<string, string>,
  transport: "polling" | "websocket" = "websocket",
): Promise<Socket<ServerToClient, ClientToServer>> {
  const site = new Site({ port: 0, server: { pingInterval: 300, pingTimeout: 700 } });
  await site.open();
  const auth = { user: { id: "ada", name: "Ada" } };
  const socket: Socket<ServerToClient, ClientToServer> = io(site.url, {
    transports: [transport],
    reconnection: false,
    extraHeaders,
    auth,
  });
  onTestFinished(async () => {
    socket.close();
    await site.close();
  });
  return socket;
}

test("a connection is broken only from the server's own machine, and only in known ways", async () => {
  const far = await visit({ host: "playground.example" });
  expect(await far.emitWithAck("break", "drop")).toEqual({
    error: "Connections are broken only from the server's own machine",
  });
  const near = await visit({});
  expect(await near.emitWithAck("break", "explode" as "drop")).toEqual({
    error: "There is no such way to break a connection",
  });
  const lost = new Promise((resolve) => near.on("disconnect", resolve));
  expect(await near.emitWithAck("break", "drop")).toBeFalsy();
  expect(await lost).toMatch(/^transport/);
});

test("a silent server is given up for its missing pings; by long-polling it cannot be silent", async () => {
  const socket = await visit({});
  const lost = new Promise((resolve) => socket.on("disconnect", resolve));
  expect(await socket.emitWithAck("break", "silence")).toBeFalsy();
  expect(await lost).toBe("ping timeout");
  const slow = await visit({}, "polling");
  expect(await slow.emitWithAck("break", "silence")).toEqual({
    error: "The server falls silent on a WebSocket only: wait for the upgrade",
  });
});

test("by long-polling nothing is broken before the poll that brings the answer", async () => {
  const site = new Site({ port: 0 });
  await site.open();
  onTestFinished(() => site.close());
  const path = `${site.url}/socket.io/?EIO=4&transport=polling`;
  const opening = await (await fetch(path)).text();
  const session = `${path}&sid=${(JSON.parse(opening.slice(1)) as { sid: string }).sid}`;
  const post = (body: string): Promise<Response> => fetch(session, { method: "POST", body });
  const poll = async (): Promise<string> => (await fetch(session)).text();
  await post('40{"user":{"id":"ada","name":"Ada"}}');
  expect(await poll()).toContain('40{"sid":');
  await post('420["break","restart"]');
  let heard = "";
  while (!heard.includes("430")) heard = await poll();
  expect(heard).toContain("430[null]");
});

test("a page of another site is not let in", async () => {
  const socket = await visit({ origin: "https://elsewhere.example" });
  const refused = new Promise((resolve) => socket.on("connect_error", () => resolve("refused")));
  const connected = new Promise((resolve) => socket.on("connect", () => resolve("connected")));
  expect(await Promise.race([refused, connected])).toBe("refused");
});
