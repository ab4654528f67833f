/** The codec port, and parsers of Socket.IO's shape behind it. */
import {
  adaptParser,
  isPacketValid,
  jsonCodec,
  type Packet,
  type ParserLike,
  RESERVED_EVENTS,
} from "@sockeye/protocol";
import * as msgpackParser from "socket.io-msgpack-parser";
import * as officialParser from "socket.io-parser";
import { describe, expect, test } from "vitest";

const packet: Packet = { type: 2, nsp: "/admin", id: 1, data: ["up", { file: Buffer.from([1, 2]) }] };

describe.each([
  ["socket.io-parser", officialParser],
  ["socket.io-msgpack-parser", msgpackParser],
])("%s", (_, parser) => {
  const codec = adaptParser(parser as unknown as ParserLike);

  test("encodes and decodes behind the port", () => {
    const decoder = codec.decoder();
    const frames = codec.encoder().encode(packet);
    const awaiting = frames.map((frame) => [decoder.push(frame), decoder.awaiting]);
    expect(awaiting.at(-1)).toEqual([packet, false]);
    expect(codec.encoder().encodeText(packet)).toBeUndefined();
  });

  test("what it throws is the cause of a ProtocolError", () => {
    expect(() => codec.decoder().push("9")).toThrow(
      expect.objectContaining({ code: "ERR_PARSER", cause: expect.any(Error) }),
    );
  });
});

test("awaiting and reset tell of a packet that has begun", () => {
  const decoder = adaptParser(officialParser).decoder();
  decoder.push('51-["up",{"_placeholder":true,"num":0}]');
  expect(decoder.awaiting).toBe(true);
  decoder.reset();
  expect(decoder.awaiting).toBe(false);
  expect(decoder.push('2["a"]')).toEqual({ type: 2, nsp: "/", data: ["a"] });
});

test("packets that a parser gives late, or in a bunch, go to onLate, or throw", () => {
  class Bunch {
    listener: (packet: Packet) => void = () => {};
    on(_event: "decoded", listener: (packet: Packet) => void) {
      this.listener = listener;
    }
    add() {
      for (const id of [1, 2]) this.listener({ ...packet, id });
    }
  }
  const codec = adaptParser({ Encoder: officialParser.Encoder, Decoder: Bunch });
  const late: Packet[] = [];
  expect(codec.decoder({ onLate: (packet) => late.push(packet) }).push("")?.id).toBe(1);
  expect(late).toEqual([{ ...packet, id: 2 }]);
  expect(() => codec.decoder().push("")).toThrow(expect.objectContaining({ code: "ERR_PARSER" }));
});

test("the default encoding behind the same port", () => {
  const decoder = jsonCodec.decoder();
  const [text, file] = jsonCodec.encoder().encode(packet) as [string, Buffer];
  expect([decoder.push(text), decoder.push(file)]).toEqual([undefined, packet]);
});

test.each<[boolean, object]>([
  [true, { type: 2, nsp: "/", data: ["a"] }],
  [true, { type: 2, nsp: "/", data: [1], id: 0 }],
  [true, { type: 0, nsp: "/" }],
  [true, { type: 3, nsp: "/", data: [] }],
  [true, { type: 4, nsp: "/", data: "x" }],
  [false, { type: 2, nsp: "/", data: ["connect"] }],
  [false, { type: 2, nsp: 1, data: ["a"] }],
  [false, { type: 2, nsp: "/", data: ["a"], id: "1" }],
  [false, { type: 2, nsp: "/", data: ["a"], id: 1.5 }],
  [false, { type: 9, nsp: "/", data: ["a"] }],
  [false, { type: "2", nsp: "/", data: ["a"] }],
  [false, { type: 0, nsp: "/", data: [] }],
  [false, { type: 0, nsp: "/", data: null }],
  [false, { type: 1, nsp: "/", data: {} }],
  [false, { type: 3, nsp: "/", data: {} }],
  [false, { type: 4, nsp: "/" }],
  [false, { type: 4, nsp: "/", data: 3 }],
  [false, { type: 5, nsp: "/", data: ["a"] }],
])("isPacketValid is %s for %j, as with socket.io-parser", (valid, packet) => {
  expect(isPacketValid(packet as Packet)).toBe(valid);
  expect(officialParser.isPacketValid(packet as officialParser.Packet)).toBe(valid);
});

test("error is no reserved event name", () => {
  expect([...RESERVED_EVENTS].sort()).toMatchInlineSnapshot(`
    [
      "connect",
      "connect_error",
      "disconnect",
      "disconnecting",
      "newListener",
      "removeListener",
    ]
  `);
});
