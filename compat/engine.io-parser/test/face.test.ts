/** Where the face differs from the values beneath it: callbacks, binary types, errors as packets. */
import * as ours from "@sockeye/compat-engine.io-parser";
import * as official from "engine.io-parser";
import { describe, expect, test } from "vitest";

const bytes = Uint8Array.of(9, 1, 2, 9).subarray(1, 3);
const INPUTS: ours.RawData[] = [
  "4hello",
  "0",
  "8x",
  "",
  "b",
  "bAQI=",
  "4",
  "6x",
  "44",
  Buffer.from([1, 2]),
  bytes,
  bytes.slice().buffer,
];

describe.each(["nodebuffer", "arraybuffer", "blob", undefined] as const)("binary type %s", (binaryType) => {
  test.each(INPUTS)("%j is decoded as by engine.io-parser", (input) => {
    expect(ours.decodePacket(input, binaryType)).toEqual(official.decodePacket(input, binaryType));
  });
});

const PACKETS: ours.Packet[] = [
  { type: "message", data: "x" },
  { type: "message", data: Buffer.from([1]) },
  { type: "message", data: bytes.slice() },
  { type: "message", data: new DataView(bytes.slice().buffer) },
  { type: "message", data: 3 },
  { type: "message", data: null },
  { type: "ping" },
];

test.each(PACKETS)("%j is encoded as by engine.io-parser, with and without binary support", (packet) => {
  for (const supportsBinary of [true, false]) {
    ours.encodePacket(packet, supportsBinary, (frame) => {
      official.encodePacket(packet, supportsBinary, (theirs) => expect(frame).toEqual(theirs));
    });
  }
});

test("a view is base64 of the bytes that it covers", () => {
  ours.encodePacket({ type: "message", data: bytes }, false, (frame) => expect(frame).toBe("bAQI="));
});

test("a Blob passes with binary support, and becomes base64 later without", async () => {
  const data = new Blob([bytes.slice()]);
  ours.encodePacket({ type: "message", data }, true, (frame) => expect(frame).toBe(data));
  const packets: ours.Packet[] = [
    { type: "message", data },
    { type: "message", data: "x" },
  ];
  const body = await new Promise((resolve) => ours.encodePayload(packets, resolve));
  expect(body).toBe("bAQI=\x1e4x");
});

test("a stream ends with one error packet, whatever follows", async () => {
  const { writable, readable } = ours.createPacketDecoderStream(10, "arraybuffer");
  const [writer, reader] = [writable.getWriter(), readable.getReader()];
  for (const chunk of [[0x82, 1, 2], [11], [1, 0x32]]) void writer.write(Uint8Array.from(chunk));
  void writer.close();
  expect((await reader.read()).value).toEqual({ type: "message", data: Uint8Array.of(1, 2).buffer });
  expect((await reader.read()).value).toEqual({ type: "error", data: "parser error" });
  expect((await reader.read()).done).toBe(true);
});
