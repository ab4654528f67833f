/** Connections over real sockets: messages, pings, closing, backpressure, and handlers that misbehave. */
import { once } from "node:events";
import type { Socket } from "node:net";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import { closeFrame, closePayload, frame, op } from "./frames.ts";
import { RawPeer, request, stage } from "./peer.ts";
import { StillClock } from "./still-clock.ts";

const texts = (frames: Array<{ payload: Buffer }>): string[] =>
  frames.map(({ payload }) => payload.toString());

describe("sending (5.6, 5.2)", () => {
  test.each([0, 1, 63, 125, 126, 8192, 8193, 65_535, 65_536, 200_000])(
    "a text of %i characters of any width is one text frame, its length in the fewest bytes",
    async (size) => {
      const [peer, side] = await (await stage()).pair();
      for (const character of ["a", "é", "€"]) {
        const text = character.repeat(size);
        side.connection.send(text);
        const [got] = await peer.frames(1);
        const bytes = Buffer.byteLength(text);
        expect(got).toMatchObject({ fin: true, rsv: 0, opcode: op.text });
        expect(got?.payload.toString()).toBe(text);
        expect(got?.lengthBytes).toBe(bytes < 126 ? 0 : bytes < 65_536 ? 2 : 8);
      }
    },
  );

  test.each([0, 1, 125, 126, 16_384, 16_385, 65_536, 300_000])(
    "%i bytes are one binary frame",
    async (size) => {
      const [peer, side] = await (await stage()).pair();
      const bytes = new Uint8Array(size).fill(7);
      side.connection.send(bytes);
      const [got] = await peer.frames(1);
      expect(got).toMatchObject({ fin: true, rsv: 0, opcode: op.binary });
      expect(Buffer.compare(got?.payload ?? Buffer.alloc(1), bytes)).toBe(0);
    },
  );

  test("lone surrogates are sent as U+FFFD: what leaves is UTF-8", async () => {
    const [peer, side] = await (await stage()).pair();
    side.connection.send("a\ud800b");
    expect(texts(await peer.frames(1))).toEqual(["a\ufffdb"]);
  });

  test("all that is sent in one turn leaves in one write, in order", async () => {
    const [peer, side] = await (await stage()).pair();
    await side.until(() => side.drains > 0);
    const write = vi.spyOn(side.socket, "write");
    for (let i = 0; i < 50; i++) side.connection.send(`${i}`);
    side.connection.send(Buffer.from("bytes"));
    expect(write).not.toHaveBeenCalled();
    const got = texts(await peer.frames(51));
    expect(got).toEqual([...Array.from({ length: 50 }, (_, i) => `${i}`), "bytes"]);
    expect(write).toHaveBeenCalledTimes(1);
  });

  test("connections that send in turns keep their own order, small and large", async () => {
    const at = await stage();
    const pairs = [await at.pair(), await at.pair(), await at.pair()];
    const large = "L".repeat(100_000);
    const prepared = at.server.prepare(["p1", Buffer.from("p2")]);
    for (let round = 0; round < 40; round++) {
      for (const [, side] of pairs) {
        side.connection.send(`${round}`);
        if (round % 10 === 3) side.connection.send(large);
        if (round % 10 === 6) side.connection.send(prepared);
        if (round % 10 === 9) side.connection.send(Buffer.from("x".repeat(20_000)));
      }
    }
    const expected = Array.from({ length: 40 }, (_, i) => [
      `${i}`,
      ...(i % 10 === 3 ? [large] : []),
      ...(i % 10 === 6 ? ["p1", "p2"] : []),
      ...(i % 10 === 9 ? ["x".repeat(20_000)] : []),
    ]).flat();
    for (const [peer] of pairs) expect(texts(await peer.frames(expected.length))).toEqual(expected);
  });

  test.each([63, 20_000])(
    "prepared frames say the same on every connection (%i characters)",
    async (length) => {
      const at = await stage();
      const messages = ["two", "é".repeat(length), new Uint8Array(length).fill(2), "three"];
      const prepared = at.server.prepare(messages);
      const pairs = [await at.pair(), await at.pair()];
      for (const [, side] of pairs) side.connection.send(prepared);
      const expected = ["two", "é".repeat(length), "\u0002".repeat(length), "three"];
      for (const [peer] of pairs) expect(texts(await peer.frames(4))).toEqual(expected);
    },
  );

  test("prepared frames of nothing send nothing", async () => {
    const at = await stage();
    const [peer, side] = await at.pair();
    side.connection.send(at.server.prepare([]));
    side.connection.send("x");
    expect(texts(await peer.frames(1))).toEqual(["x"]);
  });
});

describe("receiving", () => {
  test("bytes that come with the handshake request are read, once the handler is there", async () => {
    const at = await stage();
    const next = at.next();
    const peer = await RawPeer.connect(at.port);
    peer.send(request(), frame(op.text, "early"), frame(op.binary, "bird"));
    const side = await next;
    await side.until(() => side.messages.length === 2);
    expect(side.messages).toEqual(["early", Buffer.from("bird")]);
  });

  test("a TCP socket is read without a stream, unless something came with the handshake", async () => {
    const at = await stage();
    const [, side] = await at.pair();
    expect(side.socket.listenerCount("data")).toBe(0);
    const next = at.next();
    const peer = await RawPeer.connect(at.port);
    peer.send(request(), frame(op.text, "early"));
    expect((await next).socket.listenerCount("data")).toBe(1);
  });

  test("bytes are the handler's to keep, whatever comes afterwards on any connection", async () => {
    const at = await stage();
    const [[peer, side], [otherPeer, other]] = [await at.pair(), await at.pair()];
    const sizes = [1, 100, 5_000, 60_000, 200_000];
    for (const [index, size] of sizes.entries()) {
      peer.send(frame(op.binary, Buffer.alloc(size, index + 1)));
      await side.until(() => side.messages.length === index + 1);
      otherPeer.send(frame(op.binary, Buffer.alloc(65_000, 0xff)));
      await other.until(() => other.messages.length === index + 1);
    }
    const kept = side.messages.map((message, index) =>
      Buffer.alloc(sizes[index] ?? 0, index + 1).equals(message as Buffer),
    );
    expect(kept).toEqual(sizes.map(() => true));
  });

  test("a message cut into pieces is whole, though others are read in between", async () => {
    const at = await stage();
    const [[peer, side], [otherPeer, other]] = [await at.pair(), await at.pair()];
    const bytes = frame(op.text, "in three pieces, and ünmasked");
    for (const [index, piece] of [bytes.subarray(0, 3), bytes.subarray(3, 20)].entries()) {
      const { bytesRead } = side.socket as Socket;
      peer.send(piece);
      await vi.waitUntil(() => (side.socket as Socket).bytesRead === bytesRead + piece.length);
      otherPeer.send(frame(op.text, "x".repeat(1_000)));
      await other.until(() => other.messages.length === index + 1);
    }
    peer.send(bytes.subarray(20));
    await side.until(() => side.messages.length === 1);
    expect(side.messages).toEqual(["in three pieces, and ünmasked"]);
  });

  test("nothing is lost while there is no handler", async () => {
    const at = await stage();
    at.http.removeAllListeners("upgrade");
    const accepted = once(at.http, "upgrade").then(([req, socket, head]) =>
      at.server.accept(req, socket, head),
    );
    const peer = await RawPeer.connect(at.port);
    peer.send(request(), frame(op.text, "1"));
    await peer.head();
    peer.send(frame(op.text, "2"), closeFrame(4000));
    const connection = await accepted;
    const told: unknown[] = [];
    await new Promise<void>((resolve) => {
      if (!("handler" in connection)) throw new Error("refused");
      connection.handler = {
        received: (data) => told.push(data),
        drained() {},
        closed: (code) => resolve(void told.push(code)),
        failed() {},
      };
      peer.ended().then(() => peer.socket.end());
    });
    expect(told).toEqual(["1", "2", 4000]);
  });

  test("messages of one chunk, cut anywhere, come back as they went", async () => {
    const at = await stage();
    const [peer, side] = await at.pair();
    side.onMessage = (data) => side.connection.send(data);
    const bytes = Buffer.concat([
      frame(op.text, "one"),
      frame(op.binary, "two"),
      frame(op.text, "é".repeat(100)),
    ]);
    for (let cut = 0; cut < bytes.length; cut++) {
      peer.send(bytes.subarray(0, cut));
      await new Promise(setImmediate);
      peer.send(bytes.subarray(cut));
      expect(texts(await peer.frames(3))).toEqual(["one", "two", "é".repeat(100)]);
    }
  });
});

describe("5.5.2, 5.5.3: pings and pongs", () => {
  test("each ping is answered in order with its payload", async () => {
    const [peer] = await (await stage()).pair();
    const payloads = ["", "x", "Hello", "b".repeat(125)];
    peer.send(...payloads.map((payload) => frame(op.ping, payload)));
    const pongs = await peer.frames(4);
    expect(pongs.every(({ opcode }) => opcode === op.pong)).toBe(true);
    expect(texts(pongs)).toEqual(payloads);
  });

  test("unsolicited pongs are ignored", async () => {
    const [peer, side] = await (await stage()).pair();
    peer.send(frame(op.pong), frame(op.pong, "x"), frame(op.ping, "still here"));
    expect(texts(await peer.frames(1))).toEqual(["still here"]);
    expect(side.events).toEqual([]);
  });

  test("a peer that pings without end and reads nothing makes nothing pile up", async () => {
    const [peer, side] = await (await stage()).pair();
    peer.socket.pause();
    const flood = Buffer.concat(Array<Buffer>(2000).fill(frame(op.ping, "p".repeat(125))));
    side.connection.send(Buffer.alloc(8_000_000));
    for (let i = 0; i < 40; i++) peer.send(flood);
    peer.send(frame(op.text, "done"));
    await side.until(() => side.messages.length === 1);
    expect(side.connection.bufferedAmount).toBeLessThan(8_000_000 + 100_000);
    peer.socket.resume();
    await side.until(() => side.connection.bufferedAmount === 0);
    const pongs = (await peer.frames(2)).slice(1);
    expect(pongs[0]?.opcode).toBe(op.pong);
  });
});

describe("7: closing", () => {
  test("5.5.1: a Close frame is answered with its code, then TCP ends (7.1.1: the server first)", async () => {
    const [peer, side] = await (await stage()).pair();
    peer.send(closeFrame(4321, "bye"));
    expect(await peer.closing()).toEqual({ code: 4321, reason: "" });
    peer.socket.end();
    expect(await side.untilClosed()).toEqual({ code: 4321, reason: "bye" });
    expect(side.events).toHaveLength(1);
  });

  test("7.1.5: a Close frame without code is answered without code, and reported as 1005", async () => {
    const [peer, side] = await (await stage()).pair();
    peer.send(frame(op.close));
    expect(await peer.closing()).toEqual({ code: undefined, reason: "" });
    peer.socket.end();
    expect(await side.untilClosed()).toEqual({ code: 1005, reason: "" });
  });

  test("7.1.2: close() sends what was sent before, then a Close frame, and waits for the peer's", async () => {
    const [peer, side] = await (await stage()).pair();
    side.connection.send("last words");
    side.connection.close(1001, "going €");
    side.connection.send("too late");
    side.connection.close(4000);
    const frames = await peer.frames(2);
    expect(frames[0]?.payload.toString()).toBe("last words");
    expect(frames[1]).toMatchObject({ opcode: op.close, payload: closePayload(1001, "going €") });
    peer.send(closeFrame(1001));
    expect(await peer.rest()).toHaveLength(0);
    peer.socket.end();
    expect(await side.untilClosed()).toEqual({ code: 1001, reason: "" });
  });

  test("close() without arguments sends an empty Close frame; a reason alone gets 1000", async () => {
    const at = await stage();
    const [[first, one], [second, two]] = [await at.pair(), await at.pair()];
    one.connection.close();
    two.connection.close(undefined, "why");
    expect((await first.frames(1))[0]?.payload).toEqual(Buffer.alloc(0));
    expect((await second.frames(1))[0]?.payload).toEqual(closePayload(1000, "why"));
  });

  test.each([0, 999, 1004, 1005, 1006, 1015, 2999, 5000, 1000.5, Number.NaN])(
    "close(%d) throws",
    async (code) => {
      const [, side] = await (await stage()).pair();
      expect(() => side.connection.close(code)).toThrow(RangeError);
    },
  );

  test("a reason of 123 bytes is sent, a longer one throws", async () => {
    const [peer, side] = await (await stage()).pair();
    expect(() => side.connection.close(1000, "é".repeat(62))).toThrow("at most 123 bytes, got 124");
    side.connection.close(1000, `${"é".repeat(61)}x`);
    expect((await peer.frames(1))[0]?.payload).toHaveLength(125);
  });

  test("messages that come while closing are not delivered, pings are answered still (5.5.2)", async () => {
    const [peer, side] = await (await stage()).pair();
    side.connection.close(1000);
    await peer.frames(1);
    peer.send(frame(op.text, "late"), frame(op.ping, "p"));
    expect(texts(await peer.frames(1))).toEqual(["p"]);
    peer.send(closeFrame(1000));
    await peer.ended();
    peer.socket.end();
    await side.untilClosed();
    expect(side.events).toEqual([{ type: "close", code: 1000, reason: "" }]);
  });

  test("7.1.7: a protocol error is answered with its code and reason, and nothing more is read", async () => {
    const [peer, side] = await (await stage()).pair();
    peer.send(frame(op.text, "good"), frame(3), frame(op.text, "never read"));
    const { code, reason } = await peer.closing();
    expect([code, reason]).toEqual([1002, "expected a known opcode, got 0x3"]);
    peer.send(frame(op.text, "never read"), closeFrame(1000));
    peer.socket.end();
    expect(await side.untilClosed()).toEqual({ code: 1006, reason: "" });
    expect(side.messages).toEqual(["good"]);
    expect(side.errors.map((error) => error.code)).toEqual(["ERR_OPCODE"]);
  });

  test("a protocol error while closing sends no second Close frame", async () => {
    const [peer, side] = await (await stage()).pair();
    side.connection.close(1000);
    await peer.frames(1);
    peer.send(frame(3));
    expect(await peer.rest()).toHaveLength(0);
  });

  test("7.1.5: a FIN without Close frame is 1006, and answered with a FIN", async () => {
    const [peer, side] = await (await stage()).pair();
    side.connection.send("on its way");
    peer.socket.end();
    expect(texts(await peer.frames(1))).toEqual(["on its way"]);
    await peer.ended();
    expect(await side.untilClosed()).toEqual({ code: 1006, reason: "" });
    expect(side.errors).toEqual([]);
  });

  test("a reset is an error and 1006", async () => {
    const [peer, side] = await (await stage()).pair();
    peer.socket.resetAndDestroy();
    expect(await side.untilClosed()).toEqual({ code: 1006, reason: "" });
    expect(side.errors.map((error) => error.code)).toEqual(["ECONNRESET"]);
  });

  test("terminate() ends at once, and drops what was queued", async () => {
    const [peer, side] = await (await stage()).pair();
    side.connection.send("never");
    side.connection.terminate();
    side.connection.terminate();
    side.connection.send("never");
    expect(await side.untilClosed()).toEqual({ code: 1006, reason: "" });
    expect(await peer.rest()).toHaveLength(0);
    expect(side.connection.bufferedAmount).toBe(0);
  });
});

describe("7.1.1: no peer holds a connection open", () => {
  test("a Close frame that is never answered ends with the close timeout", async () => {
    const clock = new StillClock();
    const [peer, side] = await (await stage({ clock, closeTimeout: 5000 })).pair();
    side.connection.close(1000);
    await peer.frames(1);
    clock.advance(4999);
    expect(side.socket.destroyed).toBe(false);
    clock.advance(1);
    expect(await side.untilClosed()).toEqual({ code: 1006, reason: "" });
    expect(clock.pending).toBe(0);
  });

  test("a FIN that is never answered ends with the close timeout, the peer's code kept", async () => {
    const clock = new StillClock();
    const [peer, side] = await (await stage({ clock })).pair();
    peer.send(closeFrame(4000, "x"));
    await peer.closing();
    clock.advance(30_000);
    expect(await side.untilClosed()).toEqual({ code: 4000, reason: "x" });
  });

  test("a connection that closes as it should leaves no timer", async () => {
    const clock = new StillClock();
    const [peer, side] = await (await stage({ clock })).pair();
    expect(clock.pending).toBe(0);
    peer.send(closeFrame(1000));
    await peer.ended();
    expect(clock.pending).toBe(1);
    peer.socket.end();
    await side.untilClosed();
    expect(clock.pending).toBe(0);
  });
});

describe("backpressure", () => {
  test("bufferedAmount counts what was sent and is not with the operating system; drain tells when it is", async () => {
    const [peer, side] = await (await stage()).pair();
    await side.until(() => side.drains > 0);
    expect(side.connection.bufferedAmount).toBe(0);
    peer.socket.pause();
    side.drains = 0;
    side.connection.send("12345");
    expect(side.connection.bufferedAmount).toBe(7);
    await side.until(() => side.drains === 1);
    expect(side.connection.bufferedAmount).toBe(0);
    side.connection.send(Buffer.alloc(12_000_000));
    await new Promise(setImmediate);
    await new Promise(setImmediate);
    side.connection.send("behind");
    expect(side.connection.bufferedAmount).toBeGreaterThan(2_000_000);
    expect(side.drains).toBe(1);
    peer.socket.resume();
    await side.until(() => side.drains > 1);
    expect(side.connection.bufferedAmount).toBe(0);
    expect((await peer.frames(3))[2]?.payload.toString()).toBe("behind");
  });

  test("drain is not told while tellsDrain is off, and is for what is sent before it is on again", async () => {
    const [, side] = await (await stage()).pair();
    const { connection } = side;
    await side.until(() => side.drains > 0);
    side.drains = 0;
    connection.tellsDrain = false;
    connection.send("a");
    // The turn ends, and the next one.
    await new Promise(setImmediate);
    await new Promise(setImmediate);
    expect([connection.bufferedAmount, side.drains]).toEqual([0, 0]);
    connection.send("b");
    connection.tellsDrain = true;
    await side.until(() => side.drains === 1);
  });

  test("drain comes also when only a few bytes had to wait", async () => {
    const [peer, side] = await (await stage()).pair();
    peer.socket.pause();
    // Fills the pipe until exactly the last small message has to wait.
    do {
      side.drains = 0;
      side.connection.send(Buffer.alloc(16_000));
      await new Promise(setImmediate);
    } while (side.drains > 0);
    side.connection.send("x");
    peer.socket.resume();
    await side.until(() => side.drains > 0 && side.connection.bufferedAmount === 0);
  });

  test("what a slow peer has not read yet is what was sent, though the memory of others is used again", async () => {
    const at = await stage();
    const [[slow, one], [fast, two]] = [await at.pair(), await at.pair()];
    slow.socket.pause();
    const expected: string[] = [];
    for (let i = 0; i < 400; i++) {
      const text = `${i}:${"s".repeat(7000)}`;
      expected.push(text);
      one.connection.send(text);
      two.connection.send("f".repeat(7000));
      await new Promise(setImmediate);
    }
    await fast.frames(400);
    slow.socket.resume();
    expect(texts(await slow.frames(400))).toEqual(expected);
  }, 20_000);
});

describe("memory of slow peers", () => {
  test("a long message to many is in memory once, however many cannot take it yet", async () => {
    const at = await stage();
    const prepared = at.server.prepare(["é".repeat(4_000_000)]);
    const chunks = [];
    for (const [peer, side] of [await at.pair(), await at.pair()]) {
      peer.socket.pause();
      const write = vi.spyOn(side.socket, "write");
      side.connection.send(prepared);
      await new Promise(setImmediate);
      chunks.push(write.mock.calls[0]?.[0]);
    }
    expect(chunks[0]).toBeInstanceOf(Uint8Array);
    expect(chunks[1]).toBe(chunks[0]);
  });
});

describe("handlers that do as they please", () => {
  test("close() in the middle of a chunk: the rest is not delivered", async () => {
    const [peer, side] = await (await stage()).pair();
    side.onMessage = () => side.connection.close(4001);
    peer.send(frame(op.text, "1"), frame(op.text, "2"), closeFrame(4001));
    await peer.closing();
    peer.socket.end();
    expect(await side.untilClosed()).toEqual({ code: 4001, reason: "" });
    expect(side.messages).toEqual(["1"]);
  });

  test("terminate() in the middle of a chunk: the rest is not read", async () => {
    const [peer, side] = await (await stage()).pair();
    side.onMessage = () => side.connection.terminate();
    peer.send(frame(op.text, "1"), frame(op.text, "2"), frame(3));
    await side.untilClosed();
    expect(side.events.map(({ type }) => type)).toEqual(["message", "close"]);
  });

  test("the handler may be replaced in the middle of a chunk", async () => {
    const [peer, side] = await (await stage()).pair();
    const second: unknown[] = [];
    const replaced = new Promise<void>((resolve) => {
      side.onMessage = () => {
        side.connection.handler = {
          received: (data) => resolve(void second.push(data)),
          drained() {},
          closed() {},
          failed() {},
        };
      };
    });
    peer.send(frame(op.text, "1"), frame(op.text, "2"));
    await replaced;
    peer.send(frame(op.text, "3"), frame(op.ping));
    await peer.frames(1);
    expect(side.messages).toEqual(["1"]);
    expect(second).toEqual(["2", "3"]);
  });

  function collectUncaught(): Error[] {
    const uncaught: Error[] = [];
    const usual = process.listeners("uncaughtException");
    process.removeAllListeners("uncaughtException");
    process.on("uncaughtException", (error) => uncaught.push(error));
    onTestFinished(() => {
      process.removeAllListeners("uncaughtException");
      for (const listener of usual) process.on("uncaughtException", listener);
    });
    return uncaught;
  }

  test("a socket that throws keeps no other connection waiting", async () => {
    const uncaught = collectUncaught();
    const at = await stage();
    const [[, one], [peer, two]] = [await at.pair(), await at.pair()];
    vi.spyOn(one.socket, "write").mockImplementation(() => {
      throw new Error("traced");
    });
    one.connection.send("1");
    two.connection.send("2");
    expect(texts(await peer.frames(1))).toEqual(["2"]);
    expect(uncaught.map(({ message }) => message)).toEqual(["traced"]);
  });

  test("an error thrown by a handler surfaces as an uncaught exception, and nothing else is disturbed", async () => {
    const uncaught = collectUncaught();
    const [peer, side] = await (await stage()).pair();
    const oops = (where: string) => () => {
      throw new Error(where);
    };
    side.onMessage = oops("message");
    peer.send(frame(op.text, "1"), frame(op.text, "2"), frame(op.ping, "p"));
    await peer.frames(1);
    expect(side.messages).toEqual(["1", "2"]);
    side.drained = oops("drain");
    side.connection.send("x");
    await peer.frames(1);
    side.failed = oops("error");
    const closed = new Promise<void>((resolve) => {
      side.closed = () => {
        resolve();
        throw new Error("close");
      };
    });
    peer.send(frame(3));
    await peer.closing();
    peer.socket.end();
    await closed;
    await new Promise(setImmediate);
    const messages = uncaught.map(({ message }) => message);
    expect(messages.filter((message) => message !== "drain")).toEqual([
      "message",
      "message",
      "error",
      "close",
    ]);
    expect(messages).toContain("drain");
  });

  test("sending from drain leaves with the next turn", async () => {
    const [peer, side] = await (await stage()).pair();
    let left = 5;
    side.drained = () => {
      if (left-- > 0) side.connection.send(`${left}`);
    };
    side.connection.send("go");
    expect(texts(await peer.frames(6))).toEqual(["go", "4", "3", "2", "1", "0"]);
  });
});

describe("what is kept", () => {
  test("the upgraded socket holds neither parser nor request", async () => {
    const [, side] = await (await stage()).pair();
    const values = [
      ...Object.values(side.socket),
      ...Object.getOwnPropertySymbols(side.socket).map((key) => Reflect.get(side.socket, key)),
    ];
    expect(values).not.toContain(side.request);
    expect(Reflect.get(side.socket, "parser") ?? null).toBeNull();
  });

  test("all connections share their listeners", async () => {
    const at = await stage();
    const [[, one], [, two]] = [await at.pair(), await at.pair()];
    for (const event of ["end", "error", "close"]) {
      const own = one.socket
        .listeners(event)
        .filter((listener) => two.socket.listeners(event).includes(listener));
      expect(own.length, event).toBeGreaterThan(0);
    }
  });
});
