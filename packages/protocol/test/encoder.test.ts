/** Socket.IO packets as text and attachments. */
import { Encoder, hasBinary, type Packet, PacketType, resolveBlobs } from "@sockeye/protocol";
import { describe, expect, test } from "vitest";

const encoder = new Encoder();
const { CONNECT, DISCONNECT, EVENT, ACK, CONNECT_ERROR, BINARY_EVENT } = PacketType;
const bytes = Uint8Array.of(1, 2, 3);
const event = (...data: unknown[]): Packet => ({ type: EVENT, nsp: "/", data });
const placeholder = (num: number): string => `{"_placeholder":true,"num":${num}}`;

test.each<[Packet, string]>([
  [{ type: CONNECT, nsp: "/" }, "0"],
  [{ type: CONNECT, nsp: "/admin", data: { token: "123" } }, '0/admin,{"token":"123"}'],
  [{ type: DISCONNECT, nsp: "/admin" }, "1/admin,"],
  [{ type: EVENT, nsp: "/", data: ["hello", 1] }, '2["hello",1]'],
  [{ type: EVENT, nsp: "/", data: ["hello"], id: 0 }, '20["hello"]'],
  [{ type: EVENT, nsp: "/admin", data: ["hello"], id: 12 }, '2/admin,12["hello"]'],
  [{ type: ACK, nsp: "/", data: [], id: 12 }, "312[]"],
  [{ type: CONNECT_ERROR, nsp: "/", data: { message: "no" } }, '4{"message":"no"}'],
  [{ type: BINARY_EVENT, nsp: "/", data: ["none"], attachments: 1 }, '2["none"]'],
  [event("a", undefined, null, Number.NaN, () => 1), '2["a",null,null,null,null]'],
  [event("a", "\ud800"), '2["a","\\ud800"]'],
])("%j is %s", (packet, text) => {
  expect(encoder.encode(packet)).toEqual([text]);
  expect(encoder.encodeText(packet)).toBe(text);
});

describe("binary", () => {
  test("stands behind the text, in order, with placeholders where it was", () => {
    const packet = {
      type: EVENT,
      nsp: "/x",
      id: 7,
      data: ["up", { a: [bytes] }, new ArrayBuffer(2)],
    } as const;
    expect(encoder.encode(packet)).toEqual([
      `52-/x,7["up",{"a":[${placeholder(0)}]},${placeholder(1)}]`,
      bytes,
      new Uint8Array(2),
    ]);
    expect(encoder.encodeText(packet)).toBeUndefined();
  });

  test("in an acknowledgement makes it a binary one", () => {
    expect(encoder.encode({ type: ACK, nsp: "/", id: 3, data: [bytes] })).toEqual([
      `61-3[${placeholder(0)}]`,
      bytes,
    ]);
  });

  test("that is a Buffer stays this Buffer; another view becomes the bytes that it covers", () => {
    const buffer = Buffer.from([1]);
    const [, first, second] = encoder.encode(event("up", buffer, Uint16Array.of(1, 2, 3).subarray(1, 2)));
    expect(first).toBe(buffer);
    expect(second).toEqual(Uint8Array.of(2, 0));
  });

  test("in toJSON() is found, and toJSON() is honoured beside it", () => {
    const date = new Date(0);
    const value = { toJSON: (key: string) => ({ key, date, bytes }) };
    expect(encoder.encode(event("up", { value }))).toEqual([
      `51-["up",{"value":{"key":"value","date":"1970-01-01T00:00:00.000Z","bytes":${placeholder(0)}}}]`,
      bytes,
    ]);
    expect(encoder.encode(event("up", { toJSON: () => 1, bytes }))).toEqual(['2["up",1]']);
    expect(encoder.encode(event("up", { toJSON: () => bytes }))).toEqual([
      `51-["up",${placeholder(0)}]`,
      bytes,
    ]);
  });

  test("does not travel where JSON does not: inherited members, Map, Set, functions, symbols", () => {
    const value = Object.create({ inherited: bytes });
    expect(encoder.encode(event("up", value, new Map([[1, bytes]]), { [Symbol("x")]: bytes }))).toEqual([
      '2["up",{},{},{}]',
    ]);
    expect(hasBinary({ a: [{ b: bytes }] })).toBe(true);
  });

  test('beside a key "__proto__" leaves it a key', () => {
    const value = JSON.parse('{"__proto__":{"x":1}}');
    expect(encoder.encode(event("up", value, bytes))[0]).toBe(
      `51-["up",{"__proto__":{"x":1}},${placeholder(0)}]`,
    );
  });

  test("of connect and error packets is not looked for, as with socket.io-parser", () => {
    expect(encoder.encode({ type: CONNECT, nsp: "/", data: { a: Uint8Array.of(5) } })).toEqual([
      '0{"a":{"0":5}}',
    ]);
  });
});

describe("a Blob", () => {
  const blob = new Blob(["abc"]);

  test("is refused, since its bytes cannot be had at once", () => {
    expect(hasBinary([blob])).toBe(true);
    expect(() => encoder.encode(event("up", blob))).toThrow(expect.objectContaining({ code: "ERR_BLOB" }));
  });

  test("becomes its bytes by resolveBlobs, and what is beside it stays", async () => {
    const data = await resolveBlobs(["up", { blob, bytes, file: new File(["d"], "d.txt") }]);
    expect(encoder.encode({ type: EVENT, nsp: "/", data })).toEqual([
      `53-["up",{"blob":${placeholder(0)},"bytes":${placeholder(1)},"file":${placeholder(2)}}]`,
      Uint8Array.of(97, 98, 99),
      bytes,
      Uint8Array.of(100),
    ]);
  });

  test("costs nothing where there is none", () => {
    expect(resolveBlobs(["up", { bytes }])).toBeUndefined();
  });
});

describe("what cannot be sent", () => {
  const cycle: unknown[] = ["up"];
  cycle.push({ again: cycle });
  let deep: unknown = 1;
  for (let i = 0; i < 100_000; i++) deep = [deep];

  test.each([
    ["a cycle", cycle],
    ["a cycle beside binary", ["up", bytes, cycle]],
    ["100,000 levels", ["up", deep]],
  ])("%s is refused with a clear error and an unharmed stack", (_, data) => {
    expect(() => encoder.encode({ type: EVENT, nsp: "/", data })).toThrow(
      expect.objectContaining({
        code: "ERR_DEPTH",
        message: expect.stringContaining("1000 levels and no cycle"),
      }),
    );
  });

  test("a bigint throws what JSON.stringify throws", () => {
    expect(() => encoder.encode(event("up", 1n))).toThrow(TypeError);
  });
});

test("a replacer is handed to JSON.stringify, which makes bigint possible", () => {
  const custom = new Encoder((_key, value) => (typeof value === "bigint" ? `${value}n` : value));
  expect(custom.encode(event("up", 1n))).toEqual(['2["up","1n"]']);
  expect(custom.encode(event("up", 1n, bytes))).toEqual([`51-["up","1n",${placeholder(0)}]`, bytes]);
});
