/** Engine.IO v3, beside the official parser that servers with allowEIO3 use. */
import { createRequire } from "node:module";
import type { DecodedEnginePacket, EnginePacket } from "@sockeye/protocol";
import * as v3 from "@sockeye/protocol/v3";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { bufferBase64 } from "./buffer-base64.ts";

interface OfficialV3 {
  encodePayload(packets: EnginePacket[], binary: boolean, callback: (body: string | Buffer) => void): void;
  decodePayload(body: string | Buffer, callback: (packet: DecodedEnginePacket) => void): void;
  encodePacket(
    packet: EnginePacket,
    binary: boolean,
    utf8: boolean,
    callback: (frame: string | Buffer) => void,
  ): void;
}
const official: OfficialV3 = createRequire(import.meta.url)(
  "../../../node_modules/engine.io/build/parser-v3",
);

const data = Buffer.from([1, 2, 3]);
const packets: EnginePacket[] = [
  { type: "message", data: "€😀" },
  { type: "message", data },
  { type: "ping", data: "probe" },
];

describe("on the wire", () => {
  test("a text payload counts UTF-16 units; binary is b4 and base64", () => {
    expect(v3.encodePayload(packets)).toBe("4:4€😀6:b4AQID6:2probe");
    expect(v3.encodePayload([])).toBe("0:");
    expect(v3.decodePayload("0:")).toEqual([]);
  });

  test("a binary payload marks text and binary, and counts bytes", () => {
    const body = v3.encodeBinaryPayload(packets);
    expect([...body.slice(0, 12)]).toEqual([0, 8, 255, 0x34, 0xe2, 0x82, 0xac, 0xf0, 0x9f, 0x98, 0x80, 1]);
    expect([...body.slice(12, 18)]).toEqual([4, 255, 4, 1, 2, 3]);
    expect(v3.decodePayload(body)).toEqual([
      { type: "message", data: "€😀" },
      { type: "message", data: Uint8Array.from(data) },
      { type: "ping", data: "probe" },
    ]);
  });

  test("a WebSocket frame begins with a type digit, or with a type byte", () => {
    expect(v3.encodePacket({ type: "message", data: "x" })).toBe("4x");
    expect(v3.encodePacket({ type: "message", data })).toEqual(Uint8Array.of(4, 1, 2, 3));
    expect(v3.encodePacketAsText({ type: "message", data }, bufferBase64)).toBe("b4AQID");
    expect(v3.decodePacket(Buffer.from([4, 1, 2, 3]))).toEqual({ type: "message", data });
    expect(v3.decodePacket("b4AQID")).toEqual({ type: "message", data: Uint8Array.from(data) });
    expect(v3.decodePacket("2probe")).toEqual({ type: "ping", data: "probe" });
  });
});

test.each<[string, string | Uint8Array]>([
  ["ERR_PAYLOAD", ""],
  ["ERR_PAYLOAD", "4x"],
  ["ERR_PAYLOAD", ":4x"],
  ["ERR_PAYLOAD", "3:4x"],
  ["ERR_PAYLOAD", "2:4x0:"],
  ["ERR_PAYLOAD", "2:4x3"],
  ["ERR_PAYLOAD", "-1:4x"],
  ["ERR_PAYLOAD", `${"9".repeat(1_000_000)}:4x`],
  ["ERR_ENGINE_PACKET", "1:9"],
  ["ERR_ENGINE_PACKET", "3:b2A"],
  ["ERR_BASE64", "4:b4A!"],
  ["ERR_PAYLOAD", new Uint8Array(0)],
  ["ERR_PAYLOAD", Uint8Array.of(2, 1, 255, 0x34)],
  ["ERR_PAYLOAD", Uint8Array.of(0, 255, 0x34)],
  ["ERR_PAYLOAD", Uint8Array.of(0, 2, 255, 0x34)],
  ["ERR_PAYLOAD", Uint8Array.of(0, 1, 0x34)],
  ["ERR_PAYLOAD", new Uint8Array(1_000_000).fill(1)],
  ["ERR_ENGINE_PACKET", Uint8Array.of(1, 1, 255, 9)],
  ["ERR_UTF8", Uint8Array.of(0, 2, 255, 0x34, 0xff)],
])("refuses with %s %j", (code, body) => {
  expect(() => v3.decodePayload(body)).toThrow(expect.objectContaining({ name: "ProtocolError", code }));
});

test("packets are bounded by number", () => {
  expect(() => v3.decodePayload("1:2".repeat(11), { maxPackets: 10 })).toThrow(
    expect.objectContaining({ code: "ERR_PAYLOAD" }),
  );
});

const packetArbitrary: fc.Arbitrary<EnginePacket> = fc.oneof(
  fc.record({ type: fc.constant("message" as const), data: fc.string({ unit: "binary", minLength: 1 }) }),
  fc.record({ type: fc.constantFrom("ping" as const, "open" as const), data: fc.string({ minLength: 1 }) }),
  fc.record({
    type: fc.constant("message" as const),
    data: fc.uint8Array({ minLength: 1 }).map((b) => Buffer.from(b)),
  }),
);
const normalize = (packets: EnginePacket[]): unknown[] =>
  packets.map(({ type, data }) => ({
    type,
    data: typeof data === "string" ? data : [...(data as Uint8Array)],
  }));

describe.each([
  ["text", false],
  ["binary", true],
])("%s payloads", (_, binary) => {
  test("are read by the official parser as we meant them, and by us as it meant them", () => {
    fc.assert(
      fc.property(fc.array(packetArbitrary, { minLength: 1, maxLength: 5 }), (packets) => {
        const theirs: DecodedEnginePacket[] = [];
        const body = binary ? Buffer.from(v3.encodeBinaryPayload(packets)) : v3.encodePayload(packets);
        official.decodePayload(body, (packet) => theirs.push(packet));
        expect(normalize(theirs)).toEqual(normalize(packets));
        official.encodePayload(packets, binary, (encoded) => {
          expect(normalize(v3.decodePayload(encoded))).toEqual(normalize(packets));
        });
      }),
    );
  });
});
