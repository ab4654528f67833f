/** The msgpack encoding, byte by byte. */
import type { Packet } from "@sockeye/protocol";
import { MsgpackDecoder, MsgpackEncoder, msgpackCodec } from "@sockeye/protocol/msgpack";
import * as official from "socket.io-msgpack-parser";
import { describe, expect, test } from "vitest";

const EVENT = "83a47479706502a36e7370a12fa46461746192a161";
const event = (value: unknown): Packet => ({ type: 2, nsp: "/", data: ["a", value] });
const encode = (value: unknown): string =>
  Buffer.from(new MsgpackEncoder().encode(event(value))[0] as Uint8Array)
    .toString("hex")
    .slice(EVENT.length);
const decode = (hex: string): unknown =>
  (new MsgpackDecoder().push(Buffer.from(EVENT + hex, "hex")).data as unknown[])[1];

test('the packet of the documentation, {"type":2,"nsp":"/","data":["hello","you"]}', () => {
  const [frame] = msgpackCodec.encoder().encode({ type: 2, nsp: "/", data: ["hello", "you"] });
  const hex = "83a47479706502a36e7370a12fa46461746192a568656c6c6fa3796f75";
  expect(Buffer.from(frame as Uint8Array).toString("hex")).toBe(hex);
  expect(msgpackCodec.encoder().encodeText(event(1))).toBeUndefined();
});

test.each<[unknown, string]>([
  [null, "c0"],
  [undefined, "d40000"],
  [false, "c2"],
  [true, "c3"],
  [0, "00"],
  [127, "7f"],
  [128, "cc80"],
  [256, "cd0100"],
  [65536, "ce00010000"],
  [2 ** 32, "cf0000000100000000"],
  [Number.MAX_SAFE_INTEGER, "cf001fffffffffffff"],
  [-1, "ff"],
  [-32, "e0"],
  [-33, "d0df"],
  [-128, "d080"],
  [-129, "d1ff7f"],
  [-32768, "d18000"],
  [-32769, "d2ffff7fff"],
  [-(2 ** 31), "d280000000"],
  [-(2 ** 31) - 1, "d3ffffffff7fffffff"],
  [1.5, "cb3ff8000000000000"],
  [Number.NaN, "cb7ff8000000000000"],
  [-0, "cb8000000000000000"],
  [1e300, "cb7e37e43c8800759c"],
  ["é€😀", "a9c3a9e282acf09f9880"],
  [new Date(1000), "d70000000000000003e8"],
  [new Date(-1), "d700ffffffffffffffff"],
  [[], "90"],
  [{}, "80"],
])("%j is %s", (value, hex) => {
  expect(encode(value)).toBe(hex);
  expect(decode(hex)).toEqual(value);
});

test.each([
  ["strings", [0, 31, 32, 48, 49, 255, 256, 65535, 65536], (length: number) => "x".repeat(length)],
  ["long characters", [10, 11, 85, 86, 22000], (length: number) => "€".repeat(length)],
  ["binary", [0, 255, 256, 65535, 65536], (length: number) => Buffer.alloc(length, 7)],
  ["lists", [15, 16, 65535, 65536], (length: number) => Array(length).fill(1)],
  [
    "maps",
    [15, 16, 65535, 65536],
    (length: number) => Object.fromEntries(Array.from({ length }, (_, i) => [`k${i}`, 1])),
  ],
])("%s of every size class come back, and socket.io-msgpack-parser writes them alike", (_, lengths, make) => {
  for (const length of lengths) {
    const hex = encode(make(length));
    const [theirs] = new official.Encoder().encode(event(make(length))) as unknown as [Buffer];
    expect(EVENT + hex === theirs.toString("hex")).toBe(true);
    expect(decode(hex)).toEqual(make(length));
  }
});

test("every view and ArrayBuffer is bin, of just its bytes, which any reader understands", () => {
  const { buffer } = Uint8Array.of(1, 2, 3, 4);
  expect(encode(new Uint16Array(buffer, 2, 1))).toBe("c4020304");
  expect(encode(buffer)).toBe("c40401020304");
});

test.each([
  ["c702000102", Uint8Array.of(1, 2).buffer],
  ["c70000", new ArrayBuffer(0)],
  ["d40501", [5, Buffer.from([1])]],
  ["c70305010203", [5, Buffer.from([1, 2, 3])]],
  ["d6ff00000001", new Date(1000)],
  ["d7ff7735940000000001", new Date(1500)],
  ["c70cff1dcd65000000000000000001", new Date(1500)],
  ["ca3f800000", 1],
  ["810102", { 1: 2 }],
  ["d3ffffffffffffffff", -1],
  ["d900", ""],
])("%s is also read", (hex, value) => {
  expect(decode(hex)).toEqual(value);
});

test("a frame read from a Buffer gives Buffers, from an ArrayBuffer Uint8Arrays", () => {
  const [frame] = new MsgpackEncoder().encode(event(Buffer.from([1])));
  const copy = Uint8Array.from(frame as Uint8Array).buffer;
  expect(Buffer.isBuffer((new MsgpackDecoder().push(Buffer.from(copy)).data as unknown[])[1])).toBe(true);
  expect((new MsgpackDecoder().push(copy).data as unknown[])[1]).toEqual(Uint8Array.of(1));
});

test("toJSON is honoured, functions and symbols in objects are left out, the query of a namespace is dropped", () => {
  expect(encode({ toJSON: () => [1] })).toBe("9101");
  expect(encode({ f() {}, s: Symbol("s"), a: 1 })).toBe("81a16101");
  const [frame] = new MsgpackEncoder().encode({ type: 0, nsp: "/a?b" });
  expect(new MsgpackDecoder().push(frame as Uint8Array).nsp).toBe("/a");
  expect(new MsgpackDecoder({ keepQuery: true }).push(frame as Uint8Array).nsp).toBe("/a?b");
});

describe("refused", () => {
  const cycle: unknown[] = [];
  cycle.push({ cycle });
  test.each([
    ["ERR_DEPTH", cycle],
    ["ERR_MSGPACK", 1n],
    ["ERR_MSGPACK", [() => 1]],
    ["ERR_BLOB", new Blob([])],
  ])("with %s in writing", (code, value) => {
    expect(() => encode(value)).toThrow(expect.objectContaining({ name: "ProtocolError", code }));
  });

  test.each([
    ["ERR_MSGPACK", "c1"],
    ["ERR_MSGPACK", ""],
    ["ERR_MSGPACK", "0102"],
    ["ERR_MSGPACK", "ddffffffff"],
    ["ERR_MSGPACK", "dfffffffff"],
    ["ERR_MSGPACK", "dbffffffff"],
    ["ERR_MSGPACK", "c6ffffffff"],
    ["ERR_MSGPACK", "c9ffffffff00"],
    ["ERR_MSGPACK", "cb00"],
    ["ERR_MSGPACK", "81c001"],
    ["ERR_MSGPACK", "819001"],
    ["ERR_MSGPACK", "d5ff0000"],
    ["ERR_UTF8", "a1ff"],
    ["ERR_UTF8", "a3eda080"],
    ["ERR_DEPTH", `${"91".repeat(500)}01`],
    ["ERR_DEPTH", "91".repeat(1_000_000)],
    ["ERR_DEPTH", "81a161".repeat(300_000)],
  ])("with %s in reading", (code, hex) => {
    expect(() => decode(hex)).toThrow(expect.objectContaining({ name: "ProtocolError", code }));
  });

  test("more values than a frame has bytes, before the first of them is read", () => {
    expect(() => decode(`ddffffffff${"c1".repeat(9)}`)).toThrow("expected 4294967295 more values");
    expect(() => decode(`df00000005${"c1".repeat(9)}`)).toThrow("expected 10 more values");
  });

  test("500 levels are read", () =>
    expect(JSON.stringify(decode(`${"91".repeat(498)}01`))).toHaveLength(997));

  test.each<[string, unknown]>([
    ["ERR_TYPE", { type: 5, nsp: "/", data: ["a"] }],
    ["ERR_TYPE", { type: "2", nsp: "/", data: ["a"] }],
    ["ERR_TYPE", { type: 0.5, nsp: "/" }],
    ["ERR_TYPE", null],
    ["ERR_TYPE", [2]],
    ["ERR_NAMESPACE", { type: 0, nsp: 1 }],
    ["ERR_NAMESPACE", { type: 0 }],
    ["ERR_NAMESPACE", { type: 0, nsp: "x".repeat(1_000_000) }],
    ["ERR_DATA", { type: 2, nsp: "/", data: ["connect"] }],
    ["ERR_DATA", { type: 2, nsp: "/", data: [{}] }],
    ["ERR_DATA", { type: 2, nsp: "/" }],
    ["ERR_DATA", { type: 0, nsp: "/", data: new Uint8Array(1) }],
    ["ERR_ACK_ID", { type: 2, nsp: "/", data: ["a"], id: -1 }],
    ["ERR_ACK_ID", { type: 2, nsp: "/", data: ["a"], id: "1" }],
  ])("with %s the packet %j", (code, packet) => {
    const [frame] = new official.Encoder().encode(packet) as unknown as [Buffer];
    expect(() => new MsgpackDecoder().push(frame)).toThrow(
      expect.objectContaining({ name: "ProtocolError", code }),
    );
  });

  test("text, and more than maxBytes", () => {
    const [frame] = new MsgpackEncoder().encode(event("x".repeat(100))) as [Uint8Array];
    expect(() => new MsgpackDecoder().push('2["a"]')).toThrow(
      expect.objectContaining({ code: "ERR_MSGPACK" }),
    );
    expect(() => new MsgpackDecoder({ maxBytes: 100 }).push(frame)).toThrow(
      expect.objectContaining({ code: "ERR_TOO_LARGE" }),
    );
  });
});
