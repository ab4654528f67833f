/** Attacks that brought down servers of this kind, and what holds here. */
import { once } from "node:events";
import { Duplex } from "node:stream";
import { describe, expect, test } from "vitest";
import { HeaderSyntaxError, parseExtensions, parseTokens } from "../src/header-list.ts";
import { guard, Refusal, WebSocketServer } from "../src/index.ts";
import { closeFrame, frame, op } from "./frames.ts";
import { RawPeer, request, type Stage, stage } from "./peer.ts";

async function expectAlive(at: Stage): Promise<void> {
  const [peer, side] = await at.pair();
  side.onMessage = (data) => side.connection.send(data);
  peer.send(frame(op.text, "alive"));
  expect((await peer.frames(1))[0]?.payload.toString()).toBe("alive");
}

describe("bytes before anybody listens (CVE-2022-21676)", () => {
  test.each([
    ["reserved bits", frame(op.text, "", { rsv: 7 }), 1002],
    ["an unknown opcode", frame(15), 1002],
    ["no mask", frame(op.text, "", { mask: null }), 1002],
    ["too much", Buffer.from("81ff7fffffffffffffff", "hex"), 1009],
    ["bytes that are not UTF-8", frame(op.text, Buffer.from([0xff])), 1007],
  ])("%s with the request itself close with their code", async (_what, bytes, code) => {
    const at = await stage();
    const peer = await RawPeer.connect(at.port);
    peer.send(request(), bytes);
    await peer.head();
    expect((await peer.closing()).code).toBe(code);
    await expectAlive(at);
  });

  test("a reset at any moment of the handshake harms nobody (CVE-2022-41940)", async () => {
    const at = await stage();
    for (const bytes of [request(), request({ "Sec-WebSocket-Key": "x" }), request({}, "POST / HTTP/1.1")]) {
      for (let round = 0; round < 10; round++) {
        const peer = await RawPeer.connect(at.port);
        const upgrade = once(at.http, "upgrade");
        peer.send(bytes, frame(op.text, "x"));
        if (round % 2 === 0) await upgrade;
        peer.socket.resetAndDestroy();
      }
    }
    await expectAlive(at);
  });

  test("a reset before the request is accepted or refused harms nobody, once the socket is guarded", async () => {
    const at = await stage();
    at.http.removeAllListeners("upgrade");
    const upgrade = once(at.http, "upgrade");
    const peer = await RawPeer.connect(at.port);
    peer.send(request());
    const [upgraded, socket, head] = await upgrade;
    guard(socket);
    guard(socket);
    expect(socket.listenerCount("error")).toBe(1);
    peer.socket.resetAndDestroy();
    await new Promise((resolve) => socket.once("close", resolve));
    const accepted = at.server.accept(upgraded, socket, head);
    if (accepted instanceof Refusal) throw new Error(accepted.text);
    const code = await new Promise((resolve) => {
      accepted.handler = { received() {}, drained() {}, closed: resolve, failed() {} };
    });
    expect(code).toBe(1006);
  });
});

describe("headers", () => {
  test("more headers than node:http keeps are refused, not dereferenced (CVE-2024-37890)", async () => {
    const at = await stage();
    at.http.maxHeadersCount = 5;
    const many = Object.fromEntries(Array.from({ length: 20 }, (_, i) => [`X-${i}`, "1"]));
    const peer = await RawPeer.connect(at.port);
    const lines = Object.entries(many).map(([name, value]) => `${name}: ${value}\r\n`);
    peer.send(request().replace("\r\n", `\r\n${lines.join("")}`));
    await peer.ended();
    await expectAlive(Object.assign(at, { http: Object.assign(at.http, { maxHeadersCount: 2000 }) }));
  });

  // Backtracking over these would take years (CVE-2021-32640): that the test ends is what it asserts.
  test.each([
    `a${" ".repeat(400_000)}b`,
    `a${";".repeat(400_000)}`,
    `${"a;b,".repeat(100_000)}(`,
    `a;b="${"\\".repeat(400_000)}`,
    `${",".repeat(400_000)}(`,
    `a;b="${'x"'.repeat(200_000)}`,
    `a${"\t ".repeat(200_000)}=`,
  ])("nonsense of any length is refused in linear time (%#)", (field) => {
    expect(() => parseExtensions(field)).toThrow(HeaderSyntaxError);
    expect(() => parseTokens(field)).toThrow(HeaderSyntaxError);
  });

  test.each(["a\r\nSet-Cookie: x=1", "a\u0000b", "a\nb", "€"])(
    "an extra header with the value %j throws",
    async (value) => {
      const at = await stage();
      at.http.removeAllListeners("upgrade");
      const upgrade = once(at.http, "upgrade");
      const peer = await RawPeer.connect(at.port);
      peer.send(request());
      const [upgraded, socket, head] = await upgrade;
      expect(() => at.server.accept(upgraded, socket, head, { headers: { "X-Bad": value } })).toThrow(
        TypeError,
      );
      expect(() => at.server.accept(upgraded, socket, head, { headers: { [`X ${value}`]: "1" } })).toThrow(
        TypeError,
      );
      socket.destroy();
    },
  );

  test("prototype names are names like others", () => {
    expect(parseExtensions("__proto__; constructor=1; toString").map(({ name }) => name)).toEqual([
      "__proto__",
    ]);
  });
});

describe("memory and time are bounded", () => {
  test("fragments without end close with 1008 (CVE-2026-48779)", async () => {
    const at = await stage({ maxFragments: 1000 });
    const [peer, side] = await at.pair();
    peer.send(frame(op.text, "", { fin: false }));
    const empty = frame(op.continuation, "", { fin: false });
    peer.send(...Array<Buffer>(5000).fill(empty));
    expect((await peer.closing()).code).toBe(1008);
    peer.socket.end();
    await side.untilClosed();
    await expectAlive(at);
  });

  test("a fragment of a byte per chunk costs what the message costs", async () => {
    const at = await stage({ maxPayload: 5_000_000, maxFragments: 10_000_000 });
    const [peer, side] = await at.pair();
    peer.send(frame(op.binary, "", { fin: false }));
    const before = process.memoryUsage().arrayBuffers;
    const bits = Buffer.concat(Array<Buffer>(1000).fill(frame(op.continuation, "x", { fin: false })));
    for (let i = 0; i < 200; i++) peer.send(bits);
    peer.send(frame(op.ping));
    await peer.frames(1);
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(30_000_000);
    peer.send(frame(op.continuation, "y"));
    await side.until(() => side.messages.length === 1);
    expect(side.messages[0]).toHaveLength(200_001);
  });

  test("what a peer sends after it broke the protocol is thrown away until its FIN", async () => {
    const at = await stage();
    const [peer, side] = await at.pair();
    peer.send(frame(3));
    await peer.closing();
    for (let i = 0; i < 100; i++) peer.send(Buffer.alloc(100_000, 0x81));
    peer.socket.end();
    await side.untilClosed();
    expect(side.messages).toEqual([]);
  });

  test("a peer that never sends its FIN is gone after the close timeout", async () => {
    const at = await stage({ closeTimeout: 20 });
    const [peer, side] = await at.pair();
    peer.send(frame(3));
    expect(await side.untilClosed()).toEqual({ code: 1006, reason: "" });
  });
});

test("any Duplex will do as a socket, also one that keeps what was written", async () => {
  const written: Uint8Array[] = [];
  const socket = new Duplex({
    read() {},
    write(chunk, _encoding, done) {
      written.push(chunk);
      done();
    },
  });
  const at = await stage();
  const upgrade = once(at.http, "upgrade");
  const peer = await RawPeer.connect(at.port);
  peer.send(request());
  const [upgraded] = await upgrade;
  const accepted = new WebSocketServer().accept(upgraded, socket, Buffer.alloc(0));
  if (accepted instanceof Refusal) throw new Error(accepted.text);
  const closed = new Promise((resolve) => {
    accepted.handler = {
      received: (data) => accepted.send(data),
      drained() {},
      closed: resolve,
      failed() {},
    };
  });
  for (let i = 0; i < 50; i++) {
    socket.push(frame(op.text, `echo ${i};`));
    await new Promise(setImmediate);
  }
  socket.push(closeFrame(4000));
  socket.push(null);
  expect(await closed).toBe(4000);
  const said = Buffer.concat(written).toString("latin1");
  for (let i = 0; i < 50; i++) expect(said).toContain(`echo ${i};`);
});
