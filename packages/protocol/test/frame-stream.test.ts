/** Engine.IO packets on a stream that is cut anywhere. */
import { encodeStreamFrame, encodeStreamHeader, FrameStreamDecoder } from "@sockeye/protocol";
import { expect, test } from "vitest";

const PACKETS = [
  { type: "open", data: '{"sid":"é€😀"}' },
  { type: "message", data: new Uint8Array(0) },
  { type: "message", data: Uint8Array.of(1, 2, 3) },
  { type: "message", data: "x".repeat(125) },
  { type: "message", data: "y".repeat(65_534) },
  { type: "message", data: new Uint8Array(65_536).fill(7) },
  { type: "ping", data: "" },
] as const;
const BYTES = Uint8Array.from(
  PACKETS.flatMap((packet) => encodeStreamFrame(packet).flatMap((part) => [...part])),
);

test.each([
  [0, false, [0]],
  [125, true, [0xfd]],
  [126, false, [126, 0, 126]],
  [65535, true, [0xfe, 255, 255]],
  [65536, false, [127, 0, 0, 0, 0, 0, 1, 0, 0]],
  [2 ** 40 + 3, true, [0xff, 0, 0, 1, 0, 0, 0, 0, 3]],
])("%i bytes (binary: %s) are announced by %j", (length, binary, header) => {
  expect([...encodeStreamHeader(length, binary)]).toEqual(header);
});

test("all packets in one chunk", () => {
  expect(new FrameStreamDecoder(1e6).push(BYTES)).toEqual(PACKETS);
});

test.each([1, 2, 3, 7, 100, 4096, 70_000])("the same packets in chunks of %i bytes", (size) => {
  const decoder = new FrameStreamDecoder(1e6);
  const packets = [];
  for (let at = 0; at < BYTES.length; at += size)
    packets.push(...decoder.push(BYTES.subarray(at, at + size)));
  expect(packets).toEqual(PACKETS);
});

test("a chunk whose memory is used again leaves kept bytes alone", () => {
  const decoder = new FrameStreamDecoder(100);
  const chunk = Buffer.from([3, 0x34, 0x61]);
  expect(decoder.push(chunk)).toEqual([]);
  chunk.fill(0);
  expect(decoder.push(Uint8Array.of(0x62))).toEqual([{ type: "message", data: "ab" }]);
});

test("a megabyte byte by byte takes linear time and little memory", () => {
  const decoder = new FrameStreamDecoder(1e6);
  const [header, payload] = encodeStreamFrame({ type: "message", data: new Uint8Array(1e6) });
  const packets = [...header, ...payload].flatMap((byte) => decoder.push(Uint8Array.of(byte)));
  expect(packets).toHaveLength(1);
});

test("more than maxPayload is refused as soon as its header is there", () => {
  const decoder = new FrameStreamDecoder(10);
  expect(() => decoder.push(Uint8Array.of(11))).toThrow(
    expect.objectContaining({ code: "ERR_TOO_LARGE", message: "expected at most 10 bytes, got 11" }),
  );
  expect(() =>
    new FrameStreamDecoder(1e9).push(Uint8Array.of(127, 255, 255, 255, 255, 255, 255, 255, 255)),
  ).toThrow(expect.objectContaining({ code: "ERR_TOO_LARGE" }));
});

test.each([
  ["ERR_ENGINE_PACKET", [0]],
  ["ERR_ENGINE_PACKET", [1, 0x39]],
  ["ERR_UTF8", [2, 0x34, 0xff]],
  ["ERR_UTF8", [4, 0x34, 0xed, 0xa0, 0x80]],
])("refuses with %s the text frame %j", (code, bytes) => {
  expect(() => new FrameStreamDecoder(10).push(Uint8Array.from(bytes))).toThrow(
    expect.objectContaining({ code }),
  );
});
