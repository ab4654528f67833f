/** ws as the other side: as a client of ours, and as the server that reads the same bytes as ours. */
import { once } from "node:events";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { describe, expect, onTestFinished, test } from "vitest";
import { WebSocket, WebSocketServer as WsServer } from "ws";
import { closePayload, frame, op, readFrames } from "./frames.ts";
import { RawPeer, request, stage } from "./peer.ts";
import { random } from "./random.ts";

type Message = string | Buffer;

function generateMessage(next: () => number, longest: number): Message {
  const size = Math.floor(next() ** 4 * longest);
  if (next() < 0.3)
    return Buffer.from(Array.from({ length: Math.min(size, 2000) }, () => Math.floor(next() * 256)));
  const alphabet = next() < 0.5 ? ["a", "b", '"', "{"] : ["a", "é", "€", "😀"];
  return Array.from({ length: size }, () => alphabet[Math.floor(next() * 4)]).join("");
}

describe("ws as a client of ours", () => {
  test.each([
    ["without compression", false, 1],
    ["with compression", true, 2],
    ["with compression of everything", { threshold: 0 }, 3],
    [
      "with compression and no context",
      { threshold: 0, serverNoContextTakeover: true, clientNoContextTakeover: true },
      4,
    ],
    [
      "with compression in small windows",
      { threshold: 0, serverMaxWindowBits: 9, clientMaxWindowBits: 9 },
      5,
    ],
  ])("echoes generated messages %s", async (_name, perMessageDeflate, seed) => {
    const at = await stage({ perMessageDeflate, maxPayload: 10_000_000 });
    at.onSide = (side) => {
      side.onMessage = (data) => side.connection.send(data);
    };
    const client = new WebSocket(`ws://127.0.0.1:${at.port}`, {
      perMessageDeflate: typeof perMessageDeflate === "object" ? { ...perMessageDeflate } : perMessageDeflate,
    });
    await once(client, "open");
    expect(client.extensions === "").toBe(perMessageDeflate === false);
    const next = random(seed);
    const sent = Array.from({ length: 120 }, () => generateMessage(next, 60_000));
    const back: Message[] = [];
    const all = new Promise<void>((resolve) => {
      client.on("message", (data: Buffer, isBinary) => {
        back.push(isBinary ? data : data.toString());
        if (back.length === sent.length) resolve();
      });
    });
    for (const message of sent) {
      if (next() < 0.9) client.send(message);
      else sendFragments(client, message, next);
      if (next() < 0.1) client.ping("x".repeat(Math.floor(next() * 125)));
    }
    await all;
    expect(
      back.every((message, i) => Buffer.from(message as Buffer).equals(Buffer.from(sent[i] as Buffer))),
    ).toBe(true);
    expect(back.map((message) => typeof message)).toEqual(sent.map((message) => typeof message));
    client.close(4000, "done");
    const [code, reason] = await once(client, "close");
    expect([code, String(reason)]).toEqual([4000, ""]);
    expect(await (at.sides[0] as (typeof at.sides)[0]).untilClosed()).toEqual({ code: 4000, reason: "done" });
  });

  test("is closed by us as it should be", async () => {
    const at = await stage();
    const side = at.next();
    const client = new WebSocket(`ws://127.0.0.1:${at.port}`);
    (await side).connection.close(4001, "ours");
    const [code, reason] = await once(client, "close");
    expect([code, String(reason)]).toEqual([4001, "ours"]);
    expect(await (await side).untilClosed()).toEqual({ code: 4001, reason: "ours" });
  });
});

function sendFragments(client: WebSocket, message: Message, next: () => number): void {
  const bytes = Buffer.from(message as Buffer);
  const binary = typeof message !== "string";
  for (let at = 0; ; ) {
    const end = Math.min(bytes.length, at + 1 + Math.floor(next() * 5000));
    client.send(bytes.subarray(at, end), { binary, fin: end === bytes.length });
    if (end === bytes.length) return;
    at = end;
  }
}

/** What a server told, and how it ended the connection. */
interface Account {
  told: string[];
  sent: string[];
}

describe("ws as a server that reads the same bytes", () => {
  async function reference(maxPayload: number): Promise<{ http: Server; port: number; told: string[] }> {
    const http = createServer();
    const server = new WsServer({ noServer: true, maxPayload, perMessageDeflate: true });
    const told: string[] = [];
    http.on("upgrade", (upgrade, socket, head) =>
      server.handleUpgrade(upgrade, socket, head, (client) => {
        client.on("message", (data: Buffer, isBinary) =>
          told.push(`${isBinary ? "binary" : "text"} ${data.toString("hex")}`),
        );
        client.on("error", () => {});
      }),
    );
    http.listen(0, "127.0.0.1");
    await once(http, "listening");
    onTestFinished(() => void http.close());
    return { http, port: (http.address() as AddressInfo).port, told };
  }

  async function account(port: number, told: string[], chunks: Buffer[]): Promise<Account> {
    told.length = 0;
    const peer = await RawPeer.connect(port);
    peer.send(request({ "Sec-WebSocket-Extensions": "permessage-deflate" }));
    await peer.head();
    for (const chunk of chunks) {
      peer.send(chunk);
      if (chunks.length > 1) await new Promise(setImmediate);
    }
    const { frames } = readFrames(await peer.rest());
    peer.socket.destroy();
    // Only the code of a Close frame is a matter of the protocol.
    const sent = frames.map(
      ({ opcode, payload }) =>
        `${opcode} ${(opcode === op.close ? payload.subarray(0, 2) : payload).toString("hex")}`,
    );
    return { told: [...told], sent };
  }

  /** A frame, mostly right; the last of a sequence is always a Close frame, so that both servers end. */
  function generateFrame(next: () => number): Buffer {
    const pick = <T>(...choices: T[]): T => choices[Math.floor(next() * choices.length)] as T;
    const odd = next() < 0.08;
    const opcode = odd
      ? Math.floor(next() * 16)
      : pick(op.text, op.text, op.binary, op.continuation, op.ping, op.pong);
    const payload = Buffer.from(
      pick("", "a", "Hello", "é€😀", "x".repeat(125), "y".repeat(126), "\u00ff".repeat(150)),
    );
    const fin = opcode >= 8 ? !odd || next() < 0.7 : next() < 0.6;
    const rsv = odd && next() < 0.3 ? pick(1, 2, 4, 7) : 0;
    const mask = odd && next() < 0.1 ? null : ([1, 2, 3, 4] as const);
    const body = odd && next() < 0.3 ? payload.subarray(0, -1) : payload;
    return frame(opcode, opcode >= 8 ? body.subarray(0, odd ? 200 : 125) : body, { fin, rsv, mask });
  }

  function generateSequence(next: () => number): Buffer {
    const frames = Array.from({ length: 1 + Math.floor(next() * 6) }, () => generateFrame(next));
    const code = next() < 0.7 ? 1000 : Math.floor(next() * 5200);
    return Buffer.concat([...frames, frame(op.close, closePayload(code))]);
  }

  test("both tell the same and send the same, however the bytes are cut", { timeout: 30_000 }, async () => {
    const maxPayload = 300;
    const theirs = await reference(maxPayload);
    const at = await stage({ maxPayload, perMessageDeflate: true });
    const told: string[] = [];
    at.onSide = (side) => {
      side.onMessage = (data) =>
        told.push(
          `${typeof data === "string" ? "text" : "binary"} ${Buffer.from(data as Buffer).toString("hex")}`,
        );
    };
    const next = random(42);
    for (let round = 0; round < 200; round++) {
      const bytes = generateSequence(next);
      const cut = Math.floor(next() * bytes.length);
      const chunks = round % 3 === 0 ? [bytes] : [bytes.subarray(0, cut), bytes.subarray(cut)];
      const expected = await account(theirs.port, theirs.told, chunks);
      expect(await account(at.port, told, chunks), bytes.toString("hex")).toEqual(expected);
    }
  });

  test("cut at every boundary of one sequence", { timeout: 30_000 }, async () => {
    const theirs = await reference(1000);
    const at = await stage({ maxPayload: 1000, perMessageDeflate: true });
    const told: string[] = [];
    at.onSide = (side) => {
      side.onMessage = (data) =>
        told.push(
          `${typeof data === "string" ? "text" : "binary"} ${Buffer.from(data as Buffer).toString("hex")}`,
        );
    };
    const bytes = Buffer.concat([
      frame(op.text, "Hé", { fin: false }),
      frame(op.ping, "p"),
      frame(op.continuation, "llo"),
      frame(op.binary, "z".repeat(130)),
      frame(op.close, closePayload(1001, "é")),
    ]);
    const expected = await account(theirs.port, theirs.told, [bytes]);
    expect(expected.told).toHaveLength(2);
    for (let cut = 0; cut <= bytes.length; cut++) {
      expect(await account(at.port, told, [bytes.subarray(0, cut), bytes.subarray(cut)])).toEqual(expected);
    }
  });
});
