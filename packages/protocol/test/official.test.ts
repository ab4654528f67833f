/** Generated packets: the official parsers and ours read each other's frames alike. */
import {
  Decoder,
  decodePacket,
  decodePayload,
  ENGINE_PACKET_TYPES,
  Encoder,
  type EnginePacket,
  encodePacket,
  encodePayload,
  encodeStreamFrame,
  FrameStreamDecoder,
  type Packet,
} from "@sockeye/protocol";
import { MsgpackDecoder, MsgpackEncoder } from "@sockeye/protocol/msgpack";
import * as officialEngine from "engine.io-parser";
import fc from "fast-check";
import * as officialMsgpack from "socket.io-msgpack-parser";
import * as official from "socket.io-parser";
import { describe, expect, test } from "vitest";

const RUNS = { numRuns: 500 };
const wellFormed = fc.oneof(
  fc.string(),
  fc.string({ unit: "binary" }),
  fc.constantFrom("__proto__", "é€😀", "\u2028"),
);
const text = fc.oneof(wellFormed, fc.constantFrom("\ud800", "a\udfff", "\udc00\ud800"));
const binary = fc.uint8Array({ maxLength: 20 }).map((bytes) => Buffer.from(bytes));
// JSON and socket.io-msgpack-parser know no negative zero, and the latter has no way for integers beyond 64 bits.
const double = fc
  .double({ noNaN: true, noDefaultInfinity: true, min: -(2 ** 62), max: 2 ** 62 })
  .map((number) => number || 0);
const number = fc.oneof(fc.integer(), double);

/** Arguments as applications send them; `withBinary` puts Buffers anywhere. */
const value = (withBinary: boolean, string: fc.Arbitrary<string>): fc.Arbitrary<unknown> =>
  fc.letrec((tie) => ({
    leaf: fc.oneof(string, number, fc.boolean(), fc.constant(null), withBinary ? binary : number),
    value: fc.oneof({ depthSize: "small" }, tie("leaf"), tie("list"), tie("map")),
    list: fc.array(tie("value"), { maxLength: 4 }),
    map: fc.dictionary(fc.string({ maxLength: 5 }), tie("value"), { maxKeys: 4 }),
  })).value;

const nsp = fc.oneof(fc.constant("/"), fc.stringMatching(/^\/[a-z0-9_/-]{1,10}$/));
const id = fc.oneof(fc.constant(undefined), fc.nat(), fc.maxSafeNat());
const eventName = fc.oneof(
  fc.integer(),
  fc.string({ unit: "binary" }).filter((name) => !["connect", "disconnect"].includes(name)),
);

const packets = (withBinary: boolean, string: fc.Arbitrary<string> = text): fc.Arbitrary<Packet> => {
  const args = fc.array(value(withBinary, string), { maxLength: 4 });
  const event = fc.tuple(eventName, args).map(([name, rest]) => [name, ...rest]);
  const object = fc.dictionary(fc.string({ maxLength: 5 }), value(false, string));
  const of = (type: Packet["type"], data: fc.Arbitrary<unknown>, withId = true): fc.Arbitrary<Packet> =>
    fc.record({ type: fc.constant(type), nsp, data, id: withId ? id : fc.constant(undefined) });
  return fc.oneof(
    of(0, fc.oneof(object, fc.constant(undefined)), false),
    of(1, fc.constant(undefined), false),
    of(2, event),
    of(3, args),
    of(4, fc.oneof(object, string), false),
  );
};

/** Without members that are undefined, which make no difference to any reader. */
const plain = ({ type, nsp, data, id }: Packet): Packet => ({
  type,
  nsp,
  ...(data === undefined ? {} : { data: withoutZeroSign(data) }),
  ...(id === undefined ? {} : { id }),
});

/** JSON has no -0. */
const withoutZeroSign = (value: unknown): unknown => {
  if (Object.is(value, -0)) return 0;
  if (Array.isArray(value)) return value.map(withoutZeroSign);
  if (typeof value !== "object" || value === null || Buffer.isBuffer(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, withoutZeroSign(member)]));
};

function officiallyDecoded(parser: typeof official, frames: unknown[]): Packet[] {
  const packets: Packet[] = [];
  const decoder = new parser.Decoder();
  decoder.on("decoded", (packet) => packets.push(packet as Packet));
  for (const frame of frames) decoder.add(frame);
  return packets.map(plain);
}

type OfficialPacket = official.Packet;

describe.each([
  ["without binary", false],
  ["with binary anywhere", true],
])("Socket.IO packets %s", (_, withBinary) => {
  test("come back as they were", () => {
    fc.assert(
      fc.property(packets(withBinary), (packet) => {
        const decoder = new Decoder({ maxAttachments: 1000 });
        const results = new Encoder().encode(packet).map((frame) => decoder.push(frame));
        expect(plain(results.pop() as Packet)).toEqual(plain(packet));
        expect(results.every((result) => result === undefined)).toBe(true);
      }),
      RUNS,
    );
  });

  test("have the frames of socket.io-parser, to the letter", () => {
    fc.assert(
      fc.property(packets(withBinary), (packet) => {
        const ours = new Encoder().encode(packet);
        expect(ours).toEqual(new official.Encoder().encode({ ...packet } as OfficialPacket));
        const text = new Encoder().encodeText(packet);
        expect(text).toBe(ours.length === 1 ? ours[0] : undefined);
      }),
      RUNS,
    );
  });

  test("are read by socket.io-parser alike", () => {
    fc.assert(
      fc.property(packets(withBinary), (packet) => {
        const frames = new Encoder().encode(packet);
        fc.pre(frames.length <= 11);
        expect(officiallyDecoded(official, frames)).toEqual([plain(packet)]);
      }),
      RUNS,
    );
  });
});

describe("Engine.IO packets", () => {
  const packet: fc.Arbitrary<EnginePacket> = fc.record({
    type: fc.constant("message" as const),
    data: fc.oneof(
      fc.string({ unit: "binary", minLength: 1 }).filter((t) => !t.includes("\x1e")),
      binary,
    ),
  });
  const control: fc.Arbitrary<EnginePacket> = fc.record({
    type: fc.constantFrom(...ENGINE_PACKET_TYPES),
    data: fc.string({ minLength: 1 }).filter((t) => !t.includes("\x1e")),
  });
  const any = fc.oneof(packet, control);
  const bytesAsLists = (packets: unknown[]): unknown[] =>
    packets.map((p) => {
      const { type, data } = p as EnginePacket;
      return { type, data: typeof data === "string" ? data : [...(data as Uint8Array)] };
    });

  test("have the frames of engine.io-parser, and are read alike", () => {
    fc.assert(
      fc.property(any, (packet) => {
        const frame = encodePacket(packet);
        officialEngine.encodePacket(packet as officialEngine.Packet, true, (theirs) =>
          expect(frame).toEqual(theirs),
        );
        expect(decodePacket(frame)).toEqual(officialEngine.decodePacket(frame));
        expect(decodePacket(frame)).toEqual(packet);
      }),
      RUNS,
    );
  });

  test("have the payloads of engine.io-parser, and are read alike", () => {
    fc.assert(
      fc.property(fc.array(any, { minLength: 1, maxLength: 5 }), (packets) => {
        const body = encodePayload(packets);
        officialEngine.encodePayload(packets as officialEngine.Packet[], (theirs) =>
          expect(body).toBe(theirs),
        );
        const theirs = officialEngine.decodePayload(body);
        expect(bytesAsLists(decodePayload(body))).toEqual(bytesAsLists(theirs));
        expect(bytesAsLists(theirs)).toEqual(bytesAsLists(packets));
      }),
      RUNS,
    );
  });

  test("have the stream of engine.io-parser, and are read alike", async () => {
    const encoder: TransformStream<EnginePacket, Uint8Array> = officialEngine.createPacketEncoderStream();
    const decoder: TransformStream<Uint8Array, EnginePacket> = officialEngine.createPacketDecoderStream(
      1e6,
      "nodebuffer",
    );
    const [toBytes, bytes] = [encoder.writable.getWriter(), encoder.readable.getReader()];
    const [toPackets, read] = [decoder.writable.getWriter(), decoder.readable.getReader()];
    for (const packet of fc.sample(any, 200)) {
      const [header, payload] = encodeStreamFrame(packet);
      void toBytes.write(packet);
      expect([...header]).toEqual([...((await bytes.read()).value as Uint8Array)]);
      expect([...payload]).toEqual([...((await bytes.read()).value as Uint8Array)]);
      // engine.io-parser takes a frame without bytes for an error.
      if (!payload.length) continue;
      void toPackets.write(header);
      void toPackets.write(payload);
      const ours = new FrameStreamDecoder(1e6);
      expect(bytesAsLists([...ours.push(header), ...ours.push(payload)])).toEqual(
        bytesAsLists([(await read.read()).value]),
      );
    }
  });
});

describe("msgpack packets", () => {
  // Lone surrogates are U+FFFD in UTF-8, and something else with socket.io-msgpack-parser.
  const parser = officialMsgpack as unknown as typeof official;

  test("without binary have the bytes of socket.io-msgpack-parser", () => {
    fc.assert(
      fc.property(packets(false, wellFormed).map(plain), (packet) => {
        const [ours] = new MsgpackEncoder().encode(packet);
        const [theirs] = new parser.Encoder().encode(packet as OfficialPacket) as [Buffer];
        expect(Buffer.from(ours as Uint8Array).toString("hex")).toBe(theirs.toString("hex"));
      }),
      RUNS,
    );
  });

  test("with binary, dates and undefined are read alike, in both directions", () => {
    const extra = fc.oneof(fc.date({ noInvalidDate: true }), fc.constant(undefined), value(true, wellFormed));
    const event = fc.record({
      type: fc.constant(2 as const),
      nsp,
      data: fc.array(extra).map((args) => ["event", ...args]),
    });
    fc.assert(
      fc.property(event, (packet) => {
        const [frame] = new MsgpackEncoder().encode(packet) as [Uint8Array];
        const theirs: Packet[] = [];
        const decoder = new parser.Decoder();
        decoder.on("decoded", (decoded) => theirs.push(decoded as Packet));
        decoder.add(Buffer.from(frame));
        expect(theirs).toEqual([packet]);
        const [official] = new parser.Encoder().encode(packet) as [Buffer];
        expect(new MsgpackDecoder().push(official)).toEqual(packet);
        expect(new MsgpackDecoder().push(Buffer.from(frame))).toEqual(packet);
      }),
      RUNS,
    );
  });
});
