/** Programs of the ecosystem, unchanged: Express, NestJS, the admin UI, sticky workers; theirs beside ours. */
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { io as connect, type ManagerOptions, type Socket } from "socket.io-client";
import { afterEach, beforeAll, describe, expect, test } from "vitest";
import { startApplication } from "../src/application.ts";
import type { Stack } from "../src/stage.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));
const closing: Array<() => unknown> = [];

// The programs run what is built: bring it up to date with the sources under test.
beforeAll(() => {
  const { status, stdout } = spawnSync("npx", ["tsc", "-b", "compat/socket.io"], {
    cwd: root,
    encoding: "utf8",
  });
  if (status !== 0) throw new Error(`the build failed:\n${stdout}`);
}, 120_000);

afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

async function start(stack: Stack, program: string): Promise<string> {
  const { url, close } = await startApplication(stack, program);
  closing.push(close);
  return url;
}

const heard = (socket: Socket, event: string): Promise<unknown[]> =>
  new Promise((resolve) => socket.once(event, (...args: unknown[]) => resolve(args)));

function visit(url: string, options: Partial<ManagerOptions> = {}): Socket {
  const socket = connect(url, { forceNew: true, ...options });
  closing.push(() => socket.disconnect());
  return socket;
}

/** The first arguments of the next so many events. */
function gather(socket: Socket, event: string, count: number): Promise<unknown[]> {
  const values: unknown[] = [];
  return new Promise((resolve) =>
    socket.on(event, (value: unknown) => {
      if (values.push(value) === count) resolve(values);
    }),
  );
}

describe.each<Stack>(["official", "sockeye"])(
  "programs for socket.io, on %s",
  { timeout: 30_000 },
  (stack) => {
    test("the tutorial's chat on Express, in CommonJS", async () => {
      const url = await start(stack, "express-chat.cjs");
      const [one, two] = [visit(url), visit(url)];
      await Promise.all([heard(one, "connect"), heard(two, "connect")]);
      const messages = [heard(one, "chat message"), heard(two, "chat message")];
      await one.emitWithAck("chat message", "hello", "offset-0");
      // With recovery the offset comes after the arguments.
      for (const args of await Promise.all(messages)) expect(args.slice(0, 2)).toEqual(["hello", "offset-0"]);
      expect(await (await fetch(url)).text()).toBe("<h1>Hello world</h1>");
      const announced = heard(two, "chat message");
      const body = JSON.stringify({ text: "closing soon" });
      const headers = { "content-type": "application/json" };
      expect((await fetch(`${url}/announce`, { method: "POST", body, headers })).status).toBe(204);
      expect((await announced)[0]).toBe("closing soon");
      const handshake = await fetch(`${url}/socket.io/?EIO=4&transport=polling`);
      expect(handshake.headers.get("x-powered-by")).toBe("fish");
    });

    test("a NestJS gateway", async () => {
      const url = await start(stack, "nest.mjs");
      const socket = visit(`${url}/chat`);
      const [id] = await heard(socket, "welcome");
      expect(id).toBe(socket.id);
      expect(await socket.emitWithAck("identity", 21)).toBe(42);
      const counted = gather(socket, "count", 3);
      const entered = heard(socket, "entered");
      socket.emit("count");
      socket.emit("enter", "room 1");
      expect((await entered)[0]).toBe(socket.id);
      expect(await counted).toEqual([1, 2, 3]);
    });

    test("the admin UI sees sockets come, join, speak and go, and can act on them", async () => {
      const url = await start(stack, "admin.mjs");
      const admin = visit(`${url}/admin`);
      const stats = heard(admin, "server_stats");
      await heard(admin, "connect");
      expect((await stats)[0]).toMatchObject({ clientsCount: 1 });
      const came = heard(admin, "socket_connected");
      const joined = heard(admin, "room_joined");
      const guest = visit(url);
      await heard(guest, "connect");
      const [{ id, nsp, rooms }] = (await came) as [{ id: string; nsp: string; rooms: string[] }];
      expect([id, nsp, rooms]).toEqual([guest.id, "/", [guest.id]]);
      expect((await joined).slice(0, 2)).toEqual(["/", guest.id]);
      const spoke = heard(admin, "event_received");
      expect(await guest.emitWithAck("echo", 7)).toBe(7);
      expect((await spoke)[2]).toContain("echo");
      const moved = heard(admin, "room_joined");
      admin.emit("join", "/", "vip", guest.id);
      expect((await moved).slice(0, 3)).toEqual(["/", "vip", guest.id]);
      const left = heard(admin, "socket_disconnected");
      const parted = heard(guest, "disconnect");
      admin.emit("_disconnect", "/", true, guest.id);
      expect((await parted)[0]).toBe("io server disconnect");
      expect((await left).slice(0, 2)).toEqual(["/", id]);
    });

    test("sticky workers keep the requests of a polling session together", async () => {
      const url = await start(stack, "sticky.mjs");
      const guests = Array.from({ length: 6 }, (_, index) =>
        visit(url, { transports: index % 2 ? ["polling"] : ["polling", "websocket"] }),
      );
      await Promise.all(guests.map((guest) => heard(guest, "connect")));
      const workers = await Promise.all(guests.map((guest) => guest.emitWithAck("who")));
      expect(new Set(workers).size).toBe(2);
      const again = await Promise.all(guests.map((guest) => guest.emitWithAck("who")));
      expect(again).toEqual(workers);
    });
  },
);
