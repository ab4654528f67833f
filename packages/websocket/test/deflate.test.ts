/** permessage-deflate, requirement by requirement (RFC 7692). */
import { constants, deflateRawSync, inflateRawSync, type ZlibOptions } from "node:zlib";
import { describe, expect, test, vi } from "vitest";
import type { PerMessageDeflateOptions } from "../src/index.ts";
import { WebSocketServer } from "../src/index.ts";
import { frame, op, type ReadFrame } from "./frames.ts";
import { RawPeer, request, type Side, stage } from "./peer.ts";

const tail = Buffer.from([0, 0, 0xff, 0xff]);

/** What a client sends for a message: DEFLATE without the tail of its flush (7.2.1). */
function deflated(message: string | Buffer, options: ZlibOptions = {}): Buffer {
  return deflateRawSync(message, { finishFlush: constants.Z_SYNC_FLUSH, ...options }).subarray(0, -4);
}

function inflated(frame: ReadFrame | undefined, options: ZlibOptions = {}): string {
  const bytes = Buffer.concat([frame?.payload ?? Buffer.alloc(0), tail]);
  return inflateRawSync(bytes, { finishFlush: constants.Z_SYNC_FLUSH, ...options }).toString();
}

const text = (payload: Buffer): Buffer => frame(op.text, payload, { rsv: 4 });

async function pairWith(
  options: PerMessageDeflateOptions,
  offer = "permessage-deflate",
): Promise<[RawPeer, Side]> {
  const at = await stage({ perMessageDeflate: { threshold: 0, ...options } });
  return at.pair({ "Sec-WebSocket-Extensions": offer });
}

async function agreed(
  offer: string,
  options: PerMessageDeflateOptions | boolean = true,
): Promise<string | undefined> {
  const at = await stage({ perMessageDeflate: options });
  const peer = await RawPeer.connect(at.port);
  peer.send(request({ "Sec-WebSocket-Extensions": offer }));
  return /\r\nSec-WebSocket-Extensions: (.*)\r\n/.exec(await peer.head())?.[1];
}

describe("5, 7.1: negotiation", () => {
  test.each([
    ["permessage-deflate", "permessage-deflate"],
    ["foo, permessage-deflate; client_max_window_bits", "permessage-deflate"],
    ["permessage-deflate; server_no_context_takeover", "permessage-deflate; server_no_context_takeover"],
    ["permessage-deflate; client_no_context_takeover", "permessage-deflate; client_no_context_takeover"],
    ["permessage-deflate; server_max_window_bits=10", "permessage-deflate; server_max_window_bits=10"],
    ["permessage-deflate; server_max_window_bits=15", "permessage-deflate; server_max_window_bits=15"],
    ['permessage-deflate; server_max_window_bits="9"', "permessage-deflate; server_max_window_bits=9"],
    ["permessage-deflate; client_max_window_bits=9", "permessage-deflate; client_max_window_bits=9"],
    ["permessage-deflate; foo, permessage-deflate", "permessage-deflate"],
    [
      "permessage-deflate; server_max_window_bits=16, permessage-deflate; server_max_window_bits=8",
      "permessage-deflate; server_max_window_bits=8",
    ],
  ])("%s is met by %s", async (offer, answer) => expect(await agreed(offer)).toBe(answer));

  test.each([
    "permessage-deflate; unknown",
    "permessage-deflate; __proto__",
    "permessage-deflate; constructor=1",
    "permessage-deflate; server_no_context_takeover=1",
    "permessage-deflate; client_no_context_takeover=true",
    "permessage-deflate; server_max_window_bits",
    "permessage-deflate; server_max_window_bits=7",
    "permessage-deflate; server_max_window_bits=16",
    "permessage-deflate; server_max_window_bits=010",
    "permessage-deflate; server_max_window_bits=1e1",
    "permessage-deflate; client_max_window_bits=0",
    "permessage-deflate; client_max_window_bits=99",
    "permessage-deflate; server_no_context_takeover; server_no_context_takeover",
    "permessage-deflate; server_max_window_bits=9; server_max_window_bits=9",
    "x-permessage-deflate",
    "constructor",
  ])("7.1: %s is declined", async (offer) => expect(await agreed(offer)).toBeUndefined());

  test("our own wishes are part of the answer", async () => {
    const options = { serverNoContextTakeover: true, clientNoContextTakeover: true, serverMaxWindowBits: 10 };
    expect(await agreed("permessage-deflate; server_max_window_bits=12", options)).toBe(
      "permessage-deflate; server_no_context_takeover; client_no_context_takeover; server_max_window_bits=10",
    );
  });

  test("7.1.2.2: a client is told to limit its window only if it says it can", async () => {
    const options = { clientMaxWindowBits: 10 };
    expect(await agreed("permessage-deflate", options)).toBeUndefined();
    expect(await agreed("permessage-deflate; client_max_window_bits", options)).toBe(
      "permessage-deflate; client_max_window_bits=10",
    );
    expect(await agreed("permessage-deflate; client_max_window_bits=9", options)).toBe(
      "permessage-deflate; client_max_window_bits=9",
    );
  });

  test("it is off by default", async () => {
    const at = await stage();
    const peer = await RawPeer.connect(at.port);
    peer.send(request({ "Sec-WebSocket-Extensions": "permessage-deflate" }));
    expect(await peer.head()).not.toContain("Extensions");
  });

  test.each([
    { serverMaxWindowBits: 16 },
    { clientMaxWindowBits: 7 },
    { threshold: -1 },
    { concurrencyLimit: 0 },
    { zlibDeflateOptions: { level: 99 } },
    { zlibInflateOptions: { chunkSize: 1 } },
  ])("refuses the options %j", (perMessageDeflate) => {
    expect(() => new WebSocketServer({ perMessageDeflate })).toThrow(RangeError);
  });
});

describe("6.2, 7.2.2: receiving", () => {
  test.each([
    ["7.2.3.1: one block", ["c107f248cdc9c90700"], ["Hello"]],
    ["7.2.3.1: in two fragments", ["4103f248cd", "8004c9c90700"], ["Hello"]],
    [
      "7.2.3.2: a sliding window shared by two messages",
      ["c107f248cdc9c90700", "c105f200110000"],
      ["Hello", "Hello"],
    ],
    ["7.2.3.3: a block without compression", ["c10b000500faff48656c6c6f00"], ["Hello"]],
    ["7.2.3.4: a block with BFINAL set", ["c108f348cdc9c9070000"], ["Hello"]],
    [
      "7.2.3.4: and a message after it, from the same window",
      ["c108f348cdc9c9070000", "c105f200110000"],
      ["Hello", "Hello"],
    ],
    ["7.2.3.5: two blocks", ["c10df2480500 0000ffffcac9c90700"], ["Hello"]],
    ["7.2.3.6: an empty message", ["c10100"], [""]],
  ])("%s", async (_example, frames, messages) => {
    const [peer, side] = await pairWith({});
    for (const hex of frames) {
      const bytes = Buffer.from(hex.replace(" ", ""), "hex");
      peer.send(Buffer.from([bytes.readUInt8(0), bytes.readUInt8(1) | 0x80, 0, 0, 0, 0]), bytes.subarray(2));
    }
    await side.until(() => side.events.length === messages.length);
    expect(side.messages).toEqual(messages);
  });

  test("6: uncompressed messages may come in between, and are no part of the window", async () => {
    const [peer, side] = await pairWith({});
    peer.send(text(Buffer.from("f248cdc9c90700", "hex")), frame(op.text, "Plain"));
    peer.send(text(Buffer.from("f200110000", "hex")));
    await side.until(() => side.messages.length === 3);
    expect(side.messages).toEqual(["Hello", "Plain", "Hello"]);
  });

  test("7.1.1.2: without context takeover each message is on its own", async () => {
    const [peer, side] = await pairWith({ clientNoContextTakeover: true });
    peer.send(text(deflated("Hello")), text(Buffer.from("f200110000", "hex")));
    expect((await peer.closing()).code).toBe(1007);
    expect(side.messages).toEqual(["Hello"]);
  });

  test("large messages keep their place among small ones, however the zlib threads take them", async () => {
    const [peer, side] = await pairWith({ concurrencyLimit: 2 });
    const messages = Array.from({ length: 30 }, (_, i) => `${i}${i % 3 === 0 ? "x".repeat(90_000 + i) : ""}`);
    for (const message of messages)
      peer.send(message.length > 10 ? text(deflated(message)) : frame(op.text, message));
    await side.until(() => side.messages.length === messages.length);
    expect(side.messages).toEqual(messages);
  });

  test("the socket is not read while a large message is with the thread pool", async () => {
    const [peer, side] = await pairWith({});
    const pause = vi.spyOn(side.socket, "pause");
    const resume = vi.spyOn(side.socket, "resume");
    peer.send(text(deflated("small")), text(deflated("x".repeat(100_000))));
    await side.until(() => side.messages.length === 2);
    expect(pause).toHaveBeenCalledTimes(1);
    await vi.waitFor(() => expect(resume).toHaveBeenCalledTimes(1));
  });

  test("text is UTF-8 after inflating", async () => {
    const [peer, side] = await pairWith({});
    peer.send(
      frame(op.binary, deflated(Buffer.from([0xc3])), { rsv: 4 }),
      text(deflated(Buffer.from([0xc3]))),
    );
    expect((await peer.closing()).code).toBe(1007);
    expect(side.messages).toEqual([Buffer.from([0xc3])]);
  });

  test("what is not DEFLATE closes with 1007", async () => {
    const [peer, side] = await pairWith({});
    peer.send(text(Buffer.from("ffffffffffff", "hex")));
    expect((await peer.closing()).code).toBe(1007);
    expect(side.errors[0]).toMatchObject({ code: "ERR_DEFLATE" });
  });

  test.each([10, 1000, 100_000])(
    "a message may inflate to maxPayload (%i bytes), and not to more",
    async (maxPayload) => {
      const at = await stage({ maxPayload, perMessageDeflate: true });
      const [peer, side] = await at.pair({ "Sec-WebSocket-Extensions": "permessage-deflate" });
      peer.send(text(deflated("x".repeat(maxPayload))), text(deflated("y".repeat(maxPayload + 1))));
      expect((await peer.closing()).code).toBe(1009);
      expect(side.messages).toEqual(["x".repeat(maxPayload)]);
    },
  );

  test("a bomb is stopped while inflating", async () => {
    const bomb = deflated(Buffer.alloc(200_000_000));
    const at = await stage({ maxPayload: 1_000_000, perMessageDeflate: true });
    const [peer] = await at.pair({ "Sec-WebSocket-Extensions": "permessage-deflate" });
    const before = process.memoryUsage.rss();
    peer.send(text(bomb));
    expect((await peer.closing()).code).toBe(1009);
    expect(process.memoryUsage.rss() - before).toBeLessThan(50_000_000);
  });

  test("8: a window size agreed on is enough to inflate", async () => {
    const [peer, side] = await pairWith(
      { clientMaxWindowBits: 9 },
      "permessage-deflate; client_max_window_bits",
    );
    const message = "abcdefgh".repeat(300);
    peer.send(text(deflated(message, { windowBits: 9 })));
    await side.until(() => side.messages.length === 1);
    expect(side.messages).toEqual([message]);
  });
});

describe("6.1, 7.2.1: sending", () => {
  test("a message is one frame with RSV1, its flush's tail left out", async () => {
    const [peer, side] = await pairWith({});
    side.connection.send("Hello Hello Hello Hello");
    const [got] = await peer.frames(1);
    expect(got).toMatchObject({ fin: true, rsv: 4, opcode: op.text });
    expect(got?.payload.subarray(-4)).not.toEqual(tail);
    expect(inflated(got)).toBe("Hello Hello Hello Hello");
  });

  test("7.1.1.1: with context takeover, a repetition refers to the message before", async () => {
    const [peer, side] = await pairWith({});
    const noise = Array.from({ length: 200 }, (_, i) => Math.sin(i)).join();
    side.connection.send(noise);
    side.connection.send(noise);
    const [first, second] = await peer.frames(2);
    expect(second?.payload.length).toBeLessThan((first?.payload.length ?? 0) / 10);
    expect(inflated(first)).toBe(noise);
    expect(inflated(second, { dictionary: Buffer.from(noise) })).toBe(noise);
  });

  test("7.1.1.1: server_no_context_takeover makes each message stand alone", async () => {
    const [peer, side] = await pairWith({}, "permessage-deflate; server_no_context_takeover");
    for (let i = 0; i < 3; i++) side.connection.send("again and again and again");
    for (const got of await peer.frames(3)) expect(inflated(got)).toBe("again and again and again");
  });

  test.each([8, 9, 10, 15])("7.1.2.1: server_max_window_bits=%i is kept", async (bits) => {
    const [peer, side] = await pairWith({}, `permessage-deflate; server_max_window_bits=${bits}`);
    const random = Array.from({ length: 400 }, (_, i) =>
      String.fromCharCode(97 + ((i * i * 7919) % 26)),
    ).join("");
    const message = random.repeat(200);
    let dictionary: Buffer | undefined;
    for (let i = 0; i < 3; i++) {
      side.connection.send(message);
      const [got] = await peer.frames(1);
      const options = {
        windowBits: bits,
        ...(dictionary && { dictionary: dictionary.subarray(-(2 ** bits)) }),
      };
      expect(inflated(got, options)).toBe(message);
      dictionary = Buffer.from(message);
    }
  });

  test("messages below the threshold, empty ones, and those told so are not compressed", async () => {
    const [peer, side] = await pairWith({ threshold: 20 });
    side.connection.send("a".repeat(19));
    side.connection.send("a".repeat(20));
    side.connection.send("a".repeat(100), false);
    side.connection.send("é".repeat(10));
    side.connection.send(Buffer.alloc(0));
    expect((await peer.frames(5)).map(({ rsv }) => rsv)).toEqual([0, 4, 0, 4, 0]);
  });

  test("a message that compression would only lengthen is sent as it is", async () => {
    const [peer, side] = await pairWith({});
    side.connection.send("x");
    side.connection.send("xxxxxxxxxxxxxxxx");
    const [plain, compressed] = await peer.frames(2);
    expect(plain).toMatchObject({ rsv: 0, payload: Buffer.from("x") });
    expect(inflated(compressed)).toBe("xxxxxxxxxxxxxxxx");
  });

  test("large and small messages, prepared frames and the Close frame keep their order", async () => {
    const at = await stage({ perMessageDeflate: { threshold: 1000, serverNoContextTakeover: true } });
    const [peer, side] = await at.pair({ "Sec-WebSocket-Extensions": "permessage-deflate" });
    const large = "0123456789".repeat(30_000);
    side.connection.send(large);
    side.connection.send("small");
    side.connection.send(at.server.prepare(["p", large, "q"]));
    side.connection.send(at.server.prepare(["r"]));
    side.connection.send(Buffer.from("binary"), false);
    expect(side.connection.bufferedAmount).toBeGreaterThan(300_000);
    side.connection.close(4000);
    const frames = await peer.frames(8);
    const texts = frames.map((got) => (got.rsv === 4 ? inflated(got) : got.payload.toString("latin1")));
    expect(texts).toEqual([large, "small", "p", large, "q", "r", "binary", "\u000f\u00a0"]);
  });

  test("the peer's Close frame is answered although messages are still being compressed", async () => {
    const [peer, side] = await pairWith({});
    side.connection.send("0123456789".repeat(300_000));
    side.connection.close(4000);
    peer.send(frame(op.close, Buffer.from([0x0f, 0xa1])));
    expect((await peer.closing()).code).toBe(4001);
    peer.socket.end();
    expect(await side.untilClosed()).toEqual({ code: 4001, reason: "" });
  });

  test("a connection that ends while zlib is busy ends once", async () => {
    const [peer, side] = await pairWith({});
    peer.send(text(deflated(Buffer.alloc(900_000, "abc"))));
    side.connection.send("0123456789".repeat(300_000));
    side.connection.send("behind");
    side.connection.terminate();
    await side.untilClosed();
    expect(side.connection.bufferedAmount).toBe(0);
    expect(side.events).toHaveLength(1);
  });
});
