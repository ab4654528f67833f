/** Engine.IO packets as polling bodies. */
import { decodePayload, encodePayload, platformBase64 } from "@sockeye/protocol";
import { describe, expect, test } from "vitest";
import { bufferBase64 } from "./buffer-base64.ts";

test("packets are joined by U+001E, binary is b and base64", () => {
  const data = Uint8Array.of(1, 2, 3, 4);
  const body = encodePayload([{ type: "open", data: "{}" }, { type: "message", data }, { type: "ping" }]);
  expect(body).toBe("0{}\x1ebAQIDBA==\x1e2");
  expect(decodePayload(body)).toEqual([
    { type: "open", data: "{}" },
    { type: "message", data },
    { type: "ping", data: "" },
  ]);
});

test.each(["", "\x1e", "4a\x1e", "\x1e4a", "4a\x1e\x1e4b", "4a\x1e9"])("refuses %j as a whole", (body) => {
  expect(() => decodePayload(body)).toThrow(expect.objectContaining({ code: "ERR_ENGINE_PACKET" }));
});

test("a million pings in one body are refused by their number", () => {
  const body = "2\x1e".repeat(1_000_000);
  expect(() => decodePayload(body, { maxPackets: 1000 })).toThrow(
    expect.objectContaining({ code: "ERR_PAYLOAD", message: 'expected at most 1000 packets, got "more"' }),
  );
  expect(decodePayload("2\x1e2", { maxPackets: 2 })).toHaveLength(2);
});

describe.each([
  ["the platform's base64", platformBase64],
  ["base64 by Buffer", bufferBase64],
])("%s", (_, base64) => {
  test("0 to 50 bytes of every value come back, as a Uint8Array of just these bytes", () => {
    for (let length = 0; length < 50; length++) {
      const data = Uint8Array.from({ length }, (_, i) => (i * 37 + length) & 255);
      const body = encodePayload([{ type: "message", data }], base64);
      expect(body).toBe(`b${Buffer.from(data).toString("base64")}`);
      expect(Uint8Array.from(decodePayload(body, { base64 })[0]?.data as Uint8Array)).toEqual(data);
    }
  });

  test.each([
    "bA",
    "bAQ",
    "bAQI",
    "bAQ!D",
    "bAQID=",
    "bAQ==AQID",
    "b====",
    "b AQID",
    "bAQ\nID",
    "bAQID\0",
    "bé€",
  ])("%j is no base64", (body) => {
    expect(() => decodePayload(body, { base64 })).toThrow(expect.objectContaining({ code: "ERR_BASE64" }));
  });
});
