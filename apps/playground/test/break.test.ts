/** Whom the playground lets in, and whom it lets break connections. */
import { io, type Socket } from "@sockeye/client";
import { expect, onTestFinished, test } from "vitest";
import type { ClientToServer, ServerToClient } from "../src/events.ts";
import { Site } from "../src/site.ts";

async function visit(extraHeaders: Record<string, string>): Promise<Socket<ServerToClient, ClientToServer>> {
  const site = new Site({ port: 0 });
  await site.open();
  const auth = { user: { id: "ada", name: "Ada" } };
  const socket: Socket<ServerToClient, ClientToServer> = io(site.url, {
    transports: ["websocket"],
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

test("a page of another site is not let in", async () => {
  const socket = await visit({ origin: "https://elsewhere.example" });
  const refused = new Promise((resolve) => socket.on("connect_error", () => resolve("refused")));
  const connected = new Promise((resolve) => socket.on("connect", () => resolve("connected")));
  expect(await Promise.race([refused, connected])).toBe("refused");
});
