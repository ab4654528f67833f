/** The attacks of the past on parsers of this kind: refused by a code, in bounded time and memory. */
import {
  type Binary,
  Decoder,
  type DecoderOptions,
  Encoder,
  jsonCodec,
  type Packet,
  type PacketDecoder,
} from "@sockeye/protocol";
import { MsgpackEncoder, msgpackCodec } from "@sockeye/protocol/msgpack";
import { describe, expect, test } from "vitest";

const MEGABYTE = 1_000_000;
const attachment = Uint8Array.of(1);

function refuses(code: string, frames: Array<string | Binary>, options?: DecoderOptions): void {
  const decoder: PacketDecoder = jsonCodec.decoder(options);
  const last = frames.pop() as string;
  for (const frame of frames) decoder.push(frame);
  expect(() => decoder.push(last)).toThrow(expect.objectContaining({ name: "ProtocolError", code }));
  expect(decoder.awaiting).toBe(false);
}

describe("a megabyte where a few characters belong (CVE-2020-36049)", () => {
  const nines = "9".repeat(MEGABYTE);
  test.each([
    ["attachment count", "ERR_ATTACHMENTS", `5${nines}-["a"]`],
    ["attachment count of zeros", "ERR_ATTACHMENTS", `5${"0".repeat(MEGABYTE)}1-["a"]`],
    ["attachment count without end", "ERR_ATTACHMENTS", `5${nines}`],
    ["namespace", "ERR_NAMESPACE", `2/${nines},["a"]`],
    ["namespace without end", "ERR_NAMESPACE", `0/${nines}`],
    ["query string of a namespace", "ERR_NAMESPACE", `0/a?${nines},{}`],
    ["ack id", "ERR_ACK_ID", `2${nines}["a"]`],
    ["type", "ERR_TYPE", nines],
  ])("%s", (_, code, text) => refuses(code, [text]));
});

test.each(["9007199254740992", "99999999999999999", "00000000000000001"])(
  "ack id %s is no safe integer",
  (id) => {
    refuses("ERR_ACK_ID", [`2${id}["a"]`]);
  },
);

describe("event names (CVE-2023-32695)", () => {
  test.each(["{}", "[]", "null", "true", '{"toString":1}', '["a"]'])("%s", (name) => {
    refuses("ERR_DATA", [`2[${name}]`]);
    refuses("ERR_DATA", [`51-[${name},{"_placeholder":true,"num":0}]`]);
  });

  test.each(["connect", "connect_error", "disconnect", "disconnecting", "newListener", "removeListener"])(
    "%s is reserved",
    (name) => {
      refuses("ERR_DATA", [`2["${name}"]`]);
      refuses("ERR_DATA", [`51-["${name}",{"_placeholder":true,"num":0}]`]);
    },
  );

  test("a placeholder", () => refuses("ERR_DATA", ['51-[{"_placeholder":true,"num":0}]']));
});

describe("placeholders (CVE-2022-2421)", () => {
  test.each([
    '"0"',
    "-1",
    "0.5",
    "1",
    "1e999",
    "null",
    '"length"',
    '"__proto__"',
    '"splice"',
    "[0]",
    "{}",
    "true",
  ])("num %s", (num) => refuses("ERR_PLACEHOLDER", [`51-["a",[{"b":{"_placeholder":true,"num":${num}}}]]`]));

  test("without num", () => refuses("ERR_PLACEHOLDER", ['51-["a",{"_placeholder":true}]']));

  test("what only looks like one stays as it is", () => {
    const decoder = new Decoder();
    decoder.push('51-["a",{"_placeholder":"true","num":9}]');
    expect(decoder.push(attachment)?.data).toEqual(["a", { _placeholder: "true", num: 9 }]);
    expect(decoder.push('2["a",{"_placeholder":true,"num":9}]')?.data).toEqual([
      "a",
      { _placeholder: true, num: 9 },
    ]);
  });
});

describe("attachments (CVE-2026-33151)", () => {
  test.each([
    '50-["hello"]',
    '5-["hello"]',
    '5["hello"]',
    '51["hello"]',
    "5",
    "51",
    "51x-[]",
    '5-1-["a"]',
    '51.0-["a"]',
    '5/a,["a"]',
    '511-["a"]',
  ])("%s announces none, or too many", (text) => {
    refuses("ERR_ATTACHMENTS", [text]);
    refuses("ERR_ATTACHMENTS", [text.replace("5", "6")]);
  });

  test("more than maxAttachments", () => {
    refuses("ERR_ATTACHMENTS", ['53-["a"]'], { maxAttachments: 2 });
    refuses("ERR_ATTACHMENTS", ['51-["a"]'], { maxAttachments: 0 });
    expect(jsonCodec.decoder({ maxAttachments: 20 }).push('520-["a"]')).toBeUndefined();
  });

  test("text while one is awaited", () => refuses("ERR_SEQUENCE", ['51-["a"]', '2["a"]']));
  test("binary while none is", () => refuses("ERR_SEQUENCE", [attachment]));
  test("one more than announced", () => refuses("ERR_SEQUENCE", ['51-["a"]', attachment, attachment]));

  test("maxBytes bounds text and attachments in sum", () => {
    const ten = new ArrayBuffer(10);
    refuses("ERR_TOO_LARGE", ['52-["a"]', ten, ten], { maxBytes: 27 });
    expect(decodeAll(['52-["a"]', ten, ten], { maxBytes: 28 })).toBe(2);
    refuses("ERR_TOO_LARGE", [`2["${"x".repeat(100)}"]`], { maxBytes: 100 });
  });
});

/** The number of attachments that were taken. */
function decodeAll(frames: Array<string | Binary>, options: DecoderOptions): number {
  const decoder = jsonCodec.decoder(options);
  const packets = frames.map((frame) => decoder.push(frame));
  return packets.length - 1;
}

/** What stands behind the event name. */
const argument = (packet: Packet | undefined): object => (packet as { data: [string, object] }).data[1];

describe("__proto__ in payloads", () => {
  const pollution = '{"__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":1}}}';

  test("is a key of text packets", () => {
    const value = argument(new Decoder().push(`2["a",${pollution}]`));
    expect(Object.keys(value)).toEqual(["__proto__", "constructor"]);
    expect(Object.getPrototypeOf(value)).toBe(Object.prototype);
  });

  test("is a key of binary packets, also with an attachment behind it", () => {
    const decoder = new Decoder();
    decoder.push('51-["a",{"__proto__":{"_placeholder":true,"num":0}}]');
    const value = argument(decoder.push(attachment));
    expect(Object.getPrototypeOf(value)).toBe(Object.prototype);
    expect(Object.getOwnPropertyDescriptor(value, "__proto__")?.value).toBe(attachment);
  });

  test("is a key of msgpack packets", () => {
    const [frame] = new MsgpackEncoder().encode({ type: 2, nsp: "/", data: ["a", JSON.parse(pollution)] });
    const value = argument(msgpackCodec.decoder().push(frame as Uint8Array));
    expect(Object.keys(value)).toEqual(["__proto__", "constructor"]);
    expect(Object.getPrototypeOf(value)).toBe(Object.prototype);
  });

  test("changes nothing for others", () => expect("polluted" in {}).toBe(false));
});

describe("deep nesting", () => {
  const nested = (open: string, close: string, depth: number): string =>
    open.repeat(depth) + close.repeat(depth);

  test.each([
    ["arrays", nested("[", "]", 500_000)],
    ["objects", `${'{"a":'.repeat(200_000)}1${"}".repeat(200_000)}`],
    ["brackets without end", "[".repeat(MEGABYTE)],
    ["brackets beside quoted closing ones", `[${'"]\\\\",['.repeat(1000)}${"]".repeat(1001)}`],
  ])("%s", (_, json) => {
    refuses("ERR_DEPTH", [`2["a",${json}]`]);
    refuses("ERR_DEPTH", [`51-["a",${json}]`]);
  });

  test("500 levels pass and can be sent on; one more does not", () => {
    const packet = jsonCodec.decoder().push(`2["a",${nested("[", "]", 499)}]`);
    expect(new Encoder().encode({ type: 2, nsp: "/", data: ["relay", { packet }] })).toHaveLength(1);
    refuses("ERR_DEPTH", [`2["a",${nested("[", "]", 500)}]`]);
  });

  test("quoted brackets, and many beside each other, are no depth", () => {
    const decoder = jsonCodec.decoder();
    const quoted = JSON.stringify(["a", '[{"\\['.repeat(10_000)]);
    expect(decoder.push(`2${quoted}`)?.data).toEqual(JSON.parse(quoted));
    expect(decoder.push(`2["a"${",[{}]".repeat(10_000)}]`)?.data).toHaveLength(10_001);
  });

  test("a decoder without the guard takes it, and no stack overflows", () => {
    const deep = nested("[", "]", 100_000);
    expect(new Decoder().push(`2["a",${deep}]`)?.type).toBe(2);
    expect(() => new Decoder().push(`51-["a",${deep}]`)).toThrow(
      expect.objectContaining({ code: "ERR_DEPTH" }),
    );
  });
});
