/** Frames as Socket.IO packets, and the refusal of all others. */
import {
  type Binary,
  Decoder,
  type DecoderOptions,
  jsonCodec,
  type Packet,
  PacketType,
} from "@sockeye/protocol";
import { describe, expect, test } from "vitest";

const UP = '51-["up",{"_placeholder":true,"num":0}]';
const bytes = Uint8Array.of(1, 2, 3);

/** What the last of the frames completes. */
function decode(frames: Array<string | Binary>, options?: DecoderOptions): Packet | undefined {
  const decoder = jsonCodec.decoder(options);
  return frames.map((frame) => decoder.push(frame)).at(-1);
}

const refusal = (code: string) => expect.objectContaining({ name: "ProtocolError", code });

test.each<[string, Partial<Packet>]>([
  ["0", { type: 0 }],
  ['0{"token":"123"}', { type: 0, data: { token: "123" } }],
  ["0/admin,", { type: 0, nsp: "/admin" }],
  ["0/admin", { type: 0, nsp: "/admin" }],
  ["1", { type: 1 }],
  ["1/admin,", { type: 1, nsp: "/admin" }],
  ['2["hello",1]', { type: 2, data: ["hello", 1] }],
  ['2[5,"x"]', { type: 2, data: [5, "x"] }],
  ['212["hello"]', { type: 2, id: 12, data: ["hello"] }],
  ['2/admin,0["hello"]', { type: 2, nsp: "/admin", id: 0, data: ["hello"] }],
  ['29007199254740991["hello"]', { type: 2, id: Number.MAX_SAFE_INTEGER, data: ["hello"] }],
  ['2["error"]', { type: 2, data: ["error"] }],
  ["312[]", { type: 3, id: 12, data: [] }],
  ['31["connect"]', { type: 3, id: 1, data: ["connect"] }],
  ['4{"message":"no"}', { type: 4, data: { message: "no" } }],
  ['4"no"', { type: 4, data: "no" }],
  ['2["a"] \n', { type: 2, data: ["a"] }],
])("%s", (text, packet) => {
  expect(decode([text])).toEqual({ nsp: "/", ...packet });
});

test("the query string of a namespace is no part of its name, unless it is wanted", () => {
  expect(decode(["0/admin?token=abc,{}"])?.nsp).toBe("/admin");
  expect(decode(["0/admin?token=abc"])?.nsp).toBe("/admin");
  expect(decode(["0/admin?token=abc"], { keepQuery: true })?.nsp).toBe("/admin?token=abc");
  expect(decode(['2["a","/x?y"]'])?.data).toEqual(["a", "/x?y"]);
});

test("attachments come to their places as they came, and the type is the plain one", () => {
  const decoder = new Decoder();
  const buffer = Buffer.from([9]);
  const { buffer: raw } = bytes;
  const text = '52-/x,7["up",[{"_placeholder":true,"num":1}],{"a":{"_placeholder":true,"num":0}}]';
  expect([decoder.push(text), decoder.awaiting]).toEqual([undefined, true]);
  expect([decoder.push(buffer), decoder.awaiting]).toEqual([undefined, true]);
  const packet = decoder.push(raw);
  expect(packet).toEqual({ type: PacketType.EVENT, nsp: "/x", id: 7, data: ["up", [raw], { a: buffer }] });
  const [, [first]] = (packet as Packet).data as [string, [ArrayBuffer]];
  expect(first).toBe(raw);
  expect(decoder.awaiting).toBe(false);
});

test("one attachment may fill two places, and an attachment may be left without one", () => {
  const twice = '51-["up",{"_placeholder":true,"num":0},{"_placeholder":true,"num":0}]';
  expect(decode([twice, bytes])?.data).toEqual(["up", bytes, bytes]);
  expect(decode(['61-3["none"]', bytes])).toEqual({ type: 3, nsp: "/", id: 3, data: ["none"] });
});

test("reset forgets a packet that has begun", () => {
  const decoder = new Decoder();
  decoder.push(UP);
  decoder.reset();
  expect(decoder.awaiting).toBe(false);
  expect(decoder.push('2["a"]')?.data).toEqual(["a"]);
});

test("after a refusal the decoder is as new", () => {
  const decoder = new Decoder();
  decoder.push(UP);
  expect(() => decoder.push('2["a"]')).toThrow(refusal("ERR_SEQUENCE"));
  expect(decoder.awaiting).toBe(false);
  expect(decoder.push('2["a"]')?.data).toEqual(["a"]);
});

test("a reviver is handed to JSON.parse", () => {
  const reviver = (_key: string, value: unknown) => (value === "1n" ? 1n : value);
  expect(decode(['2["a","1n"]'], { reviver })?.data).toEqual(["a", 1n]);
});

describe("refused:", () => {
  test.each(["", "7", "8[]", "a", "-1", " 2[]", '\u0662["a"]'])("%j, for its type", (text) => {
    expect(() => decode([text])).toThrow(refusal("ERR_TYPE"));
  });

  test.each([
    "2",
    "212",
    "2{}",
    "2[]",
    '2"a"',
    "2null",
    "3",
    "3{}",
    "31",
    "0[]",
    '0"x"',
    "0null",
    "1{}",
    "1[]",
    "4[]",
    "4null",
    "01true",
  ])("%s, for data that does not fit the type", (text) => {
    expect(() => decode([text])).toThrow(refusal("ERR_DATA"));
  });

  test.each(['2["a"', '2["a"]x', "2[a]", '2/a,b,["x"]', '2-["a"]', '2["a",]'])("%s, for its JSON", (text) => {
    expect(() => decode([text])).toThrow(refusal("ERR_JSON"));
  });

  test("what a reviver throws", () => {
    const reviver = () => {
      throw new Error("mine");
    };
    expect(() => decode(['2["a"]'], { reviver })).toThrow(
      expect.objectContaining({ code: "ERR_JSON", cause: new Error("mine") }),
    );
  });
});
