/** What a client must not be able to do, byte by byte: the connection closes, everybody else lives on. */
import { once } from "node:events";
import { FakeClock } from "@sockeye/core/testing";
import type { Socket } from "@sockeye/server";
import { describe, expect, test, vi } from "vitest";
import { Raw, world } from "./support/world.ts";

const INVALID: Record<string, string[]> = {
  "an unknown type": ["4x"],
  "an event without data": ["42"],
  "an event that is an object": ['42{"a":1}'],
  "an event named by an object": ['42[{"toString":1}]'],
  "an event named by an array": ['42[["a"]]'],
  "an event named null": ["42[null]"],
  "an event with a reserved name": ['42["connect"]'],
  "an event named newListener": ['42["newListener"]'],
  "broken JSON": ['42["a"'],
  "a disconnect with data": ['41["bye"]'],
  "an ack without data": ["431"],
  "a binary event without attachments": ['450-["a"]'],
  "a binary event without count": ['45-["a"]'],
  "attachments over the limit": ['4511-["a"]'],
  "an attachment count of a megabyte": [`45${"1".repeat(900_000)}-["a"]`],
  "a namespace of a megabyte": [`42/${"n".repeat(900_000)},["a"]`],
  "an ack id of a megabyte": [`42${"1".repeat(900_000)}["a"]`],
  "text while an attachment is awaited": ['451-["a",{"_placeholder":true,"num":0}]', '42["b"]'],
  "a placeholder that is a string": ['451-["a",{"_placeholder":true,"num":"0"}]'],
  "a placeholder out of range": ['451-["a",{"_placeholder":true,"num":1}]'],
  "a negative placeholder": ['451-["a",{"_placeholder":true,"num":-1}]'],
  "a fractional placeholder": ['451-["a",{"_placeholder":true,"num":0.5}]'],
  "a placeholder of a prototype": ['451-["a",{"_placeholder":true,"num":"__proto__"}]'],
  "nesting without end": [`42["a",${"[".repeat(100_000)}${"]".repeat(100_000)}]`],
  "a CONNECT_ERROR": ['44{"message":"no"}'],
};

describe("closes with a parse error", () => {
  for (const [what, frames] of Object.entries(INVALID)) {
    test(what, async () => {
      const { io, raw, pair } = await world();
      const [bystander, guest] = await pair();
      const client = await raw();
      const arrived = once(io, "connection");
      await client.connect();
      const [socket] = await arrived;
      const gone = once(socket, "disconnect");
      client.send(...frames);
      await client.end();
      expect((await gone)[0]).toBe("parse error");
      bystander.on("alive?", (done) => done("yes"));
      expect(await guest.emitWithAck("alive?")).toBe("yes");
    });
  }

  test("binary when none is awaited", async () => {
    const { raw } = await world();
    const client = await raw();
    await client.connect();
    await client.send(Buffer.from([1])).end();
  });

  for (const [what, frame] of Object.entries({
    "an event": '42["a"]',
    "an ack": "431[]",
    "a disconnect": "41",
    "the head of a binary event": '451-["a",{"_placeholder":true,"num":0}]',
    bytes: Buffer.alloc(100),
  })) {
    test(`${what} before any CONNECT`, async () => {
      const { raw } = await world();
      await (await raw()).send(frame).end();
    });
  }
});

test("maxAttachments is an option", async () => {
  const { io, raw } = await world({ maxAttachments: 2 });
  const heard = vi.fn();
  io.on("connection", (socket) => socket.on("a", heard));
  const client = await raw();
  await client.connect();
  const slots = [0, 1].map((num) => `{"_placeholder":true,"num":${num}}`).join();
  client.send(`452-["a",${slots}]`, Buffer.from([1]), Buffer.from([2]));
  await vi.waitFor(() => expect(heard).toHaveBeenCalledWith(Buffer.from([1]), Buffer.from([2])));
  await client.send('453-["a"]').end();
});

test("attachments that do not come in time close the connection", async () => {
  const clock = new FakeClock();
  const { io, raw } = await world({ clock, attachmentTimeout: 1000, pingInterval: 1e6 });
  const client = await raw();
  const arrived = once(io, "connection");
  await client.connect();
  const [socket] = await arrived;
  client.send('452-["a",{"_placeholder":true,"num":0},{"_placeholder":true,"num":1}]');
  await vi.waitFor(() => expect(clock.pending).toBeGreaterThan(1));
  clock.advance(900);
  client.send(Buffer.from([1]));
  const received = once(socket.conn, "data");
  await received;
  clock.advance(999);
  expect(client.closed).toBe(false);
  const gone = once(socket, "disconnect");
  clock.advance(1);
  expect((await gone)[0]).toBe("parse error");
});

test("the attachments of a packet together are bounded by maxHttpBufferSize, and an event names limit and size", async () => {
  const { io, raw } = await world({ maxHttpBufferSize: 1000 });
  const client = await raw();
  await client.connect();
  const told = once(io, "payload_too_large");
  const slots = [0, 1].map((num) => `{"_placeholder":true,"num":${num}}`).join();
  const text = `52-["a",${slots}]`;
  client.send(`4${text}`, Buffer.alloc(600), Buffer.alloc(600));
  await client.end();
  const [{ limit, size, client: connection }] = await told;
  expect([limit, size]).toEqual([1000, text.length + 1200]);
  expect(connection.conn.readyState).not.toBe("open");
});

test("a message over maxHttpBufferSize is told with limit and size, and as the reason", async () => {
  const { io, raw } = await world({ maxHttpBufferSize: 1000 });
  const client = await raw();
  const arrived = once(io, "connection");
  await client.connect();
  const [socket] = await arrived;
  const [told, gone] = [once(io, "payload_too_large"), once(socket, "disconnect")];
  client.send(`42["a","${"x".repeat(5000)}"]`);
  const [{ limit, size }] = await told;
  expect([limit, size > 1000]).toEqual([1000, true]);
  const [, description] = await gone;
  expect(description.message).toMatch(/at most 1000 bytes \(maxHttpBufferSize\), got \d+/);
});

test("payloads cannot change prototypes", async () => {
  const { io, raw } = await world();
  const heard = vi.fn();
  io.on("connection", (socket) => socket.on("a", heard));
  const client = await raw();
  await client.connect("", JSON.parse('{"__proto__":{"admin":true}}') as object);
  client.send('42["a",{"__proto__":{"admin":true},"constructor":{"prototype":{"admin":true}}}]');
  await vi.waitFor(() => expect(heard).toHaveBeenCalled());
  expect(({} as { admin?: boolean }).admin).toBeUndefined();
  expect(heard.mock.calls[0]?.[0].admin).toBeUndefined();
});

test("packets of a namespace that the server has just left are ignored", async () => {
  const { io, raw } = await world();
  io.of("/chat").on("connection", (socket) => socket.disconnect());
  io.on("connection", (socket) => socket.on("sync", (done) => done()));
  const client = await raw();
  await client.connect();
  client.send("40/chat,", '42/chat,["late"]', "41/chat,", '421["sync"]');
  expect(await client.next()).toMatch(/^40\/chat/);
  expect(await client.next()).toBe("41/chat,");
  expect(await client.next()).toBe("431[]");
});

test("who asks twice for a namespace is answered once", async () => {
  const { io, raw } = await world();
  const connected = vi.fn((socket) => socket.on("sync", (done: () => void) => done()));
  io.use((_, next) => setImmediate(next));
  io.on("connection", connected);
  const client = await raw();
  client.send("40", "40");
  expect(await client.next()).toMatch(/^40/);
  client.send("40", '421["sync"]');
  expect(await client.next()).toBe("431[]");
  expect(connected).toHaveBeenCalledOnce();
});

test("ids are long, and never the connection's own", async () => {
  const { io, raw } = await world();
  const client = await raw();
  const { sid } = await client.connect();
  const socket = io.of("/").sockets.get(sid as string) as Socket;
  expect(sid).toMatch(/^[\w-]{20,}$/);
  expect(socket.conn.id).not.toBe(sid);
});

test("a client of Socket.IO v2 is in the default namespace at once, and authenticates by query", async () => {
  const { io, url } = await world({ allowEIO3: true });
  io.of("/admin");
  const arrived = once(io, "connection");
  const client = await Raw.open(url, "EIO=3");
  expect(await client.next()).toBe("40");
  const [socket] = await arrived;
  expect(socket.id).toBe(socket.conn.id);
  const inAdmin = once(io.of("/admin"), "connection");
  client.send("40/admin?token=abc");
  expect(await client.next()).toMatch(/^40\/admin/);
  expect((await inAdmin)[0].handshake.auth.token).toBe("abc");
  client.send("40/nowhere");
  expect(await client.next()).toBe('44/nowhere,"Invalid namespace"');
});
