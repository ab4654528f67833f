/** The official client as a guest: every transport, both directions, text and binary, in order. */
import { Socket as Guest } from "engine.io-client";
import { describe, expect, test } from "vitest";
import { event, onEnd, startEngine, wsEngines } from "./support.ts";

const modes = [
  { name: "polling", options: { transports: ["polling"] } },
  { name: "websocket", options: { transports: ["websocket"] } },
  { name: "upgrade", options: { transports: ["polling", "websocket"] } },
];

function connect(url: string, options: object): Guest {
  const guest = new Guest(url, { ...options, path: "/engine.io" });
  onEnd(() => guest.close());
  return guest;
}

/** Twenty messages per turn, over many turns, so that an upgrade falls in between. */
function sendSlowly(count: number, send: (index: number) => void, from = 0): void {
  for (let i = from; i < Math.min(from + 20, count); i++) send(i);
  if (from + 20 < count) setTimeout(() => sendSlowly(count, send, from + 20), 1);
}

const shorten = (text: string): string => (text.length > 99 ? `${text.length}: ${text.slice(0, 99)}` : text);

describe.each(wsEngines)("engine.io-client over our engine (%s)", (_name, wsOptions) => {
  test.each(modes)(
    "$name: two thousand messages each way arrive complete and in order",
    async ({ options }) => {
      const count = 2000;
      const { engine, url } = await startEngine(wsOptions);
      const atServer: string[] = [];
      const serverDone = new Promise<void>((resolve) => {
        engine.on("connection", (socket) => {
          sendSlowly(count, (i) => socket.send(`s${i}`));
          socket.on("message", (data: string) => {
            atServer.push(data);
            if (atServer.length === count) resolve();
          });
        });
      });
      const guest = connect(url, options);
      const atClient: string[] = [];
      const clientDone = new Promise<void>((resolve) => {
        guest.on("message", (data) => {
          atClient.push(data as string);
          if (atClient.length === count) resolve();
        });
      });
      guest.on("open", () => sendSlowly(count, (i) => guest.send(`c${i}`)));
      await Promise.all([serverDone, clientDone]);
      expect(atServer).toEqual(Array.from({ length: count }, (_, i) => `c${i}`));
      expect(atClient).toEqual(Array.from({ length: count }, (_, i) => `s${i}`));
    },
  );

  test.each(modes)("$name: binary and unicode messages arrive as they were", async ({ options }) => {
    const { engine, url } = await startEngine(wsOptions);
    engine.on("connection", (socket) => socket.on("message", (data: string | Buffer) => socket.send(data)));
    const guest = connect(url, { ...options, upgrade: options.transports.length > 1 });
    guest.binaryType = "arraybuffer";
    const messages = [
      "",
      "héllo €😀",
      "4b",
      Uint8Array.of(),
      Uint8Array.of(0, 4, 255),
      new Uint8Array(200_000).fill(7),
    ];
    const received: unknown[] = [];
    await event(guest as unknown as NodeJS.EventEmitter, "open");
    const done = new Promise<void>((resolve) => {
      guest.on("message", (data) => {
        received.push(typeof data === "string" ? data : new Uint8Array(data as ArrayBuffer));
        if (received.length === messages.length) resolve();
      });
    });
    for (const message of messages) guest.send(message);
    await done;
    expect(received.map(String).map(shorten)).toEqual(messages.map(String).map(shorten));
  });

  test("the client moves from polling to WebSocket, and both ends say so", async () => {
    const { url, nextSession } = await startEngine(wsOptions);
    const opened = nextSession();
    connect(url, {});
    const socket = await opened;
    await event(socket, "upgrade");
    expect([socket.transport.name, socket.upgraded, socket.upgrading]).toEqual(["websocket", true, false]);
  });

  test.each(modes)("$name: closing on either side ends the session on both", async ({ options }) => {
    const { url, engine, nextSession } = await startEngine(wsOptions);
    for (const side of ["client", "server"]) {
      const opened = nextSession();
      const guest = connect(url, { ...options, upgrade: false });
      const socket = await opened;
      const closedHere = event(socket, "close");
      const closedThere = new Promise<string>((resolve) => guest.on("close", resolve));
      if (guest.readyState !== "open")
        await new Promise<void>((resolve) => guest.on("open", () => resolve()));
      if (side === "client") guest.close();
      else socket.close();
      expect((await closedHere)[0]).toBe(side === "client" ? "transport close" : "forced close");
      expect(await closedThere).toBe(side === "client" ? "forced close" : "transport close");
    }
    expect(engine.clientsCount).toBe(0);
  });
});
