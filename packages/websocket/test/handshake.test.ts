/** The opening handshake, requirement by requirement (RFC 6455, 4). */
import { once } from "node:events";
import { describe, expect, test } from "vitest";
import { RawPeer, request, type Stage, stage } from "./peer.ts";

async function ask(at: Stage, bytes: string): Promise<string> {
  const peer = await RawPeer.connect(at.port);
  peer.send(bytes);
  return peer.head();
}

async function answerTo(headers: Record<string, string | null>, line?: string): Promise<string> {
  return ask(await stage(), request(headers, line));
}

describe("4.2.2: the server's answer", () => {
  test("4.2.2, 5.4: proves that the key was read, with the RFC's own example", async () => {
    const answer = await answerTo({});
    expect(answer).toContain("\r\nSec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n");
  });

  test("4.2.2, 5.1-3: is 101 with Upgrade and Connection", async () => {
    const answer = await answerTo({});
    expect(answer).toMatch(/^HTTP\/1\.1 101 Switching Protocols\r\n/);
    expect(answer).toMatch(/\r\nUpgrade: websocket\r\n/);
    expect(answer).toMatch(/\r\nConnection: Upgrade\r\n/);
  });

  test("carries extra headers, a line for each value", async () => {
    const at = await stage(
      {},
      { headers: { "X-One": "1", "Set-Cookie": ["a=1", "b=2"], "X-None": undefined } },
    );
    const answer = await ask(at, request());
    expect(answer).toContain("\r\nX-One: 1\r\nSet-Cookie: a=1\r\nSet-Cookie: b=2\r\n");
    expect(answer).not.toContain("X-None");
  });

  test("leaves out extra headers that belong to the handshake", async () => {
    const at = await stage(
      {},
      { headers: { "sec-websocket-accept": "x", Connection: "close", "Content-Length": 0 } },
    );
    const answer = await ask(at, request());
    expect(answer).toContain("\r\nConnection: Upgrade\r\n");
    expect(answer).not.toMatch(/accept: x|close|content-length/i);
  });

  test("leaves in the same write as what is sent at once", async () => {
    const at = await stage();
    at.onSide = (side) => side.connection.send("hello");
    const peer = await RawPeer.connect(at.port);
    peer.send(request());
    const [first] = (await once(peer.socket, "data")) as [Buffer];
    expect(first.toString("latin1")).toContain("\r\n\r\n\u0081\u0005hello");
  });
});

describe("4.2.1: what a request must have", () => {
  test.each([
    ["1: GET", {}, "POST / HTTP/1.1", 405],
    ["1: HTTP/1.1", {}, "GET / HTTP/1.0", 400],
    ["3: an Upgrade field with websocket", { Upgrade: "h2c" }, undefined, 400],
    ["4: a Connection field with Upgrade", { Connection: "Upgrade-Insecure, upgrade" }, undefined, 101],
    ["5: a key", { "Sec-WebSocket-Key": null }, undefined, 400],
    ["5: a key of 16 bytes", { "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ" }, undefined, 400],
    [
      "5: a key of no more than 16 bytes",
      { "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZWEx" },
      undefined,
      400,
    ],
    ["5: a key in base64", { "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25_ZQ==" }, undefined, 400],
    ["6: a version", { "Sec-WebSocket-Version": null }, undefined, 426],
    ["6: version 13", { "Sec-WebSocket-Version": "8" }, undefined, 426],
    ["6: one version", { "Sec-WebSocket-Version": "13, 8" }, undefined, 426],
    ["3: case does not matter", { Upgrade: "WebSocket", Connection: "keep-alive, UPGRADE" }, undefined, 101],
    ["3: among others", { Upgrade: "foo/2, websocket" }, undefined, 101],
  ])("4.2.1, %s", async (_rule, headers: Record<string, string | null>, line, status) => {
    expect(await answerTo(headers, line)).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `));
  });

  test("4.2.1, 2: a Host field, also where the HTTP server does not insist", async () => {
    const at = await stage();
    Object.assign(at.http, { requireHostHeader: false });
    expect(await ask(at, request({ Host: null }))).toMatch(/^HTTP\/1\.1 400 /);
  });

  test("4.4: a refused version tells which one is spoken", async () => {
    const answer = await answerTo({ "Sec-WebSocket-Version": "25" });
    expect(answer).toContain("\r\nSec-WebSocket-Version: 13\r\n");
    expect(answer).toContain("\r\nConnection: close, Upgrade\r\n");
  });

  test("a refused client cannot hold its socket open", async () => {
    const at = await stage();
    const upgrade = once(at.http, "upgrade");
    const peer = await RawPeer.connect(at.port);
    peer.send(request({ "Sec-WebSocket-Key": "x" }));
    const [, socket] = await upgrade;
    await new Promise((resolve) => socket.once("close", resolve));
    expect(peer.socket.writableEnded).toBe(false);
  });

  test("a refusal ends the connection and says why", async () => {
    const at = await stage();
    const peer = await RawPeer.connect(at.port);
    peer.send(request({ "Sec-WebSocket-Key": "x" }));
    expect((await peer.rest()).toString()).toMatch(/Sec-WebSocket-Key header must be 16 bytes in base64$/);
  });
});

describe("4.1, 10 and 4.2.2, 5.5: subprotocols", () => {
  test("agrees on the first one offered, as clients fail when they get none", async () => {
    expect(await answerTo({ "Sec-WebSocket-Protocol": "chat, superchat" })).toContain(
      "\r\nSec-WebSocket-Protocol: chat\r\n",
    );
  });

  test("agrees on the one it is told", async () => {
    const at = await stage({}, { protocol: "superchat" });
    const answer = await ask(at, request({ "Sec-WebSocket-Protocol": "chat, superchat" }));
    expect(answer).toContain("\r\nSec-WebSocket-Protocol: superchat\r\n");
  });

  test("agrees on none if told so", async () => {
    const at = await stage({}, { protocol: false });
    expect(await ask(at, request({ "Sec-WebSocket-Protocol": "chat" }))).not.toContain(
      "Sec-WebSocket-Protocol",
    );
  });

  test("names none that was not offered", async () => {
    expect(await answerTo({})).not.toContain("Sec-WebSocket-Protocol");
  });

  test.each(["chat, chat", "chat/, x", "", ",", "a b"])("refuses the list %j", async (field) => {
    expect(await answerTo({ "Sec-WebSocket-Protocol": field })).toMatch(/^HTTP\/1\.1 400 /);
  });
});

describe("9.1: extensions", () => {
  test.each(["a;", "a; b=", 'a; b="', 'a; b="c d"', "a b", "a; b=c=d", "(", 'a; b=""', ";"])(
    "refuses the list %j, which breaks the grammar",
    async (field) => {
      expect(await answerTo({ "Sec-WebSocket-Extensions": field })).toMatch(/^HTTP\/1\.1 400 /);
    },
  );

  test.each([
    "foo",
    "foo; bar; baz=2, x-y",
    'foo ; bar = "b\\az"',
    "permessage-deflate",
    "__proto__",
    "a,,b",
  ])("does without the unknown or unwanted %j", async (field) => {
    const answer = await answerTo({ "Sec-WebSocket-Extensions": field });
    expect(answer).toMatch(/^HTTP\/1\.1 101 /);
    expect(answer).not.toContain("Sec-WebSocket-Extensions");
  });
});
