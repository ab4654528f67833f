/** The data of the open packet. */
import { decodeHandshake } from "@sockeye/protocol";
import { expect, test } from "vitest";

const handshake = {
  sid: "abc",
  upgrades: ["websocket"],
  pingInterval: 25000,
  pingTimeout: 20000,
  maxPayload: 1e6,
};

test("what the server tells", () => {
  expect(decodeHandshake(JSON.stringify(handshake))).toEqual(handshake);
});

test("older servers do not tell maxPayload", () => {
  const { maxPayload: _, ...older } = handshake;
  expect(decodeHandshake(JSON.stringify(older))).toEqual(older);
});

test.each([
  { sid: "" },
  { sid: 1 },
  { upgrades: "websocket" },
  { upgrades: [1] },
  { pingInterval: "25000" },
  { pingInterval: -1 },
  { pingTimeout: null },
  { maxPayload: "1" },
])("refuses %j", (wrong) => {
  expect(() => decodeHandshake(JSON.stringify({ ...handshake, ...wrong }))).toThrow(
    expect.objectContaining({ code: "ERR_HANDSHAKE" }),
  );
});

test.each(["", "null", "[]", "1", "{", '"x"'])("refuses %j", (data) => {
  expect(() => decodeHandshake(data)).toThrow(expect.objectContaining({ code: "ERR_HANDSHAKE" }));
});
