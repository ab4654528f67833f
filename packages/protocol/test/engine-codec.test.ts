/** Engine.IO packets as WebSocket frames. */
import { decodePacket, ENGINE_PACKET_TYPES, type EnginePacket, encodePacket } from "@sockeye/protocol";
import { expect, test } from "vitest";

test.each(ENGINE_PACKET_TYPES.map((type, digit) => [type, digit] as const))(
  "%s is %i on the wire",
  (type, digit) => {
    expect(encodePacket({ type, data: "x" })).toBe(`${digit}x`);
    expect(encodePacket({ type })).toBe(`${digit}`);
    expect(decodePacket(`${digit}x`)).toEqual({ type, data: "x" });
    expect(decodePacket(`${digit}`)).toEqual({ type, data: "" });
  },
);

test("a binary message is its bytes alone, and a Buffer stays the very Buffer", () => {
  const data = Buffer.from([1, 2, 3]);
  expect(encodePacket({ type: "message", data })).toBe(data);
  expect(decodePacket(data)).toEqual({ type: "message", data });
});

test("what is no text, from programs without types, is sent as text", () => {
  const encode = (data: unknown) => encodePacket({ type: "message", data } as EnginePacket);
  expect([encode(5), encode(null), encode(true)]).toEqual(["45", "4", "4true"]);
});

test("any view and ArrayBuffer is sent as the bytes it covers, without a copy", () => {
  const { buffer } = Uint8Array.of(9, 1, 0, 2, 0, 9);
  const words = encodePacket({ type: "message", data: new DataView(buffer, 1, 4) });
  expect(words).toEqual(Uint8Array.of(1, 0, 2, 0));
  expect((words as Uint8Array).buffer).toBe(buffer);
  expect(encodePacket({ type: "message", data: buffer })).toEqual(Uint8Array.of(9, 1, 0, 2, 0, 9));
});

test("an ArrayBuffer is decoded as it came, for browsers", () => {
  const data = new ArrayBuffer(2);
  expect(decodePacket(data).data).toBe(data);
});

test.each(["", "7", "9x", "-1", "a", " 4", "\u0664", "b4", "\0"])(
  "refuses %j, which has no type digit",
  (frame) => {
    expect(() => decodePacket(frame)).toThrow(
      expect.objectContaining({ name: "ProtocolError", code: "ERR_ENGINE_PACKET" }),
    );
  },
);

test("an error repeats no more than 40 characters of what came", () => {
  expect(() => decodePacket("x".repeat(1_000_000))).toThrow(
    `expected a packet type 0-6, got "${"x".repeat(40)}"`,
  );
});
