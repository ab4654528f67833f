/** Messages as bytes and back; hostile bytes are refused, and cost nothing. */
import { MessageError } from "@sockeye/cluster";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Writer } from "../src/bytes.ts";
import { decodeEnvelope, encodeMessage, openEnvelope } from "../src/codec.ts";
import type { Message } from "../src/message.ts";

const round = (message: Message): Message | undefined =>
  decodeEnvelope(openEnvelope("me").bytes(encodeMessage(message)).written).messages[0];

const names = fc.array(fc.string({ unit: "binary" }), { maxLength: 4 });
const bytes = fc.uint8Array({ maxLength: 40 }).map((each) => Buffer.from(each));
const value = fc.oneof(
  fc.jsonValue({ maxDepth: 4 }),
  fc
    .letrec((tie) => ({
      tree: fc.oneof(
        { maxDepth: 3 },
        bytes,
        fc.double({ noNaN: true }),
        fc.maxSafeInteger(),
        tie("list"),
        tie("map"),
      ),
      list: fc.array(tie("tree"), { maxLength: 3 }),
      map: fc.dictionary(fc.string(), tie("tree"), { maxKeys: 3, noNullPrototype: true }),
    }))
    .tree.filter((each) => Number.isFinite(each) || typeof each !== "number"),
);
const args = fc.tuple(fc.string(), value, value);
const nsp = fc.constantFrom("/", "/chat");
const number = fc.nat({ max: Number.MAX_SAFE_INTEGER });
const to = fc.record(
  { rooms: names, except: names, volatile: fc.constant(true), compress: fc.boolean() },
  { requiredKeys: ["rooms", "except"], noNullPrototype: true },
);
const kind = <Kind extends Message["kind"]>(name: Kind): fc.Arbitrary<Kind> => fc.constant(name);
const record = <Model>(model: { [Key in keyof Model]: fc.Arbitrary<Model[Key]> }): fc.Arbitrary<Model> =>
  fc.record(model, { noNullPrototype: true }) as fc.Arbitrary<Model>;
const socket = record({ id: fc.string(), rooms: names, handshake: value, data: value });

const message = fc.oneof(
  record({ kind: fc.constantFrom("hello" as const, "heartbeat" as const, "goodbye" as const) }),
  record({ kind: kind("broadcast"), nsp, to, copy: number, args }),
  record({ kind: fc.constantFrom("join" as const, "leave" as const), nsp, to, copy: number, rooms: names }),
  record({ kind: kind("disconnect"), nsp, to, copy: number, close: fc.boolean() }),
  record({ kind: kind("emit"), nsp, args }),
  record({ kind: kind("after"), nsp, rooms: names, number }),
  record({ kind: kind("fetch"), nsp, request: number, to }),
  record({ kind: kind("ask"), nsp, request: number, args }),
  record({ kind: kind("poll"), nsp, request: number, to, timeout: number, args }),
  record({ kind: kind("sockets"), request: number, sockets: fc.array(socket, { maxLength: 3 }) }),
  record({ kind: fc.constantFrom("reply" as const, "ack" as const), request: number, value }),
  record({ kind: kind("polled"), request: number, clients: number }),
) as fc.Arbitrary<Message>;

/** What JSON does to values on their way: -0 loses its sign there, as on the way to any client. */
const plain = (each: unknown): unknown =>
  JSON.parse(JSON.stringify(each, (_, inner) => (inner === undefined ? null : inner)));

test("every message comes back as it was, bytes and unicode included", () => {
  fc.assert(
    fc.property(message, (each) => {
      const { json: _, ...got } = round(each) as Message & { json?: string };
      expect(plain(got)).toEqual(plain(each));
    }),
    { numRuns: 1000 },
  );
});

test("an event comes with its JSON, unless there are bytes in it", () => {
  const event = (...args: unknown[]): Message => ({
    kind: "broadcast",
    nsp: "/",
    to: { rooms: [], except: [] },
    copy: 0,
    args,
  });
  expect(round(event("news", { a: 1 }))).toMatchObject({ json: '["news",{"a":1}]' });
  expect(round(event("news", Buffer.from([1])))).not.toHaveProperty("json");
});

test("rooms that are called by numbers stay numbers", () => {
  const rooms = [1, "1", 2.5] as string[];
  expect(round({ kind: "join", nsp: "/", to: { rooms, except: rooms }, copy: 0, rooms })).toMatchObject({
    to: { rooms: [1, "1", 2.5], except: [1, "1", 2.5] },
    rooms: [1, "1", 2.5],
  });
});

describe("arguments", () => {
  const sent = (value: unknown): unknown =>
    (round({ kind: "reply", request: 1, value }) as { value: unknown }).value;

  test("are what JSON makes of them, and bytes", () => {
    const date = new Date(0);
    expect(sent({ a: undefined, b: [undefined, Number.NaN], d: date, f: () => {} })).toEqual({
      b: [null, null],
      d: "1970-01-01T00:00:00.000Z",
    });
    const view = new Uint16Array([1, 2]).subarray(1);
    expect(sent({ a: undefined, b: [undefined, Number.NaN], d: date, f: () => {}, raw: view })).toEqual({
      b: [null, null],
      d: "1970-01-01T00:00:00.000Z",
      raw: Buffer.from([2, 0]),
    });
    expect(sent(new Uint8Array([1]).buffer)).toEqual(Buffer.from([1]));
  });

  test("cannot change a prototype", () => {
    for (const raw of [undefined, Buffer.from([1])]) {
      const hostile = JSON.parse('{"__proto__":{"admin":true}}') as object;
      const got = sent(raw ? [hostile, raw] : [hostile]) as [{ admin?: boolean }];
      expect(got[0].admin).toBeUndefined();
      expect(Object.keys(got[0])).toEqual(["__proto__"]);
    }
    expect(({} as { admin?: boolean }).admin).toBeUndefined();
  });

  test("nested too deep are refused on both ends", () => {
    let deep: unknown = Buffer.from([1]);
    for (let level = 0; level < 600; level++) deep = [deep];
    expect(() => sent(deep)).toThrow(RangeError);
    const hostile = new Writer()
      .byte(12)
      .varint(1)
      .byte(0)
      .string("[".repeat(1e5) + "]".repeat(1e5)).written;
    expect(() => decodeEnvelope(openEnvelope("me").bytes(hostile).written)).toThrow(MessageError);
  });
});

describe("bytes that nobody of this kind has sent", () => {
  test("end in a MessageError, whatever they are", () => {
    const envelope = (raw: Uint8Array): Uint8Array => openEnvelope("me").bytes(raw).written;
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), fc.boolean(), (raw, wrapped) => {
        try {
          decodeEnvelope(wrapped ? envelope(raw) : raw);
        } catch (error) {
          expect(error).toBeInstanceOf(MessageError);
        }
      }),
      { numRuns: 20_000 },
    );
  });

  test("also when they are a message that was cut or changed", () => {
    fc.assert(
      fc.property(message, fc.nat(), fc.nat(255), (each, at, byte) => {
        const good = Buffer.from(openEnvelope("me").bytes(encodeMessage(each)).written);
        const changed = Buffer.from(good);
        changed[at % good.length] = byte;
        for (const bad of [good.subarray(0, at % good.length), changed]) {
          try {
            decodeEnvelope(bad);
          } catch (error) {
            expect(error).toBeInstanceOf(MessageError);
          }
        }
      }),
      { numRuns: 2000 },
    );
  });

  test("reserve no memory for lists that cannot come", () => {
    const hostile = new Writer()
      .byte(4)
      .string("/")
      .byte(0)
      .varint(2 ** 50).written;
    expect(() => decodeEnvelope(openEnvelope("me").bytes(hostile).written)).toThrow(/expected/);
  });

  test("of another version are refused; kinds of a later one are skipped", () => {
    expect(() => decodeEnvelope(Uint8Array.of(0xd5, 2, 0))).toThrow("version 1");
    const later = openEnvelope("me")
      .bytes(Uint8Array.of(200, 1, 2))
      .bytes(encodeMessage({ kind: "hello" })).written;
    expect(decodeEnvelope(later)).toEqual({ from: "me", messages: [{ kind: "hello" }] });
  });

  test("must name an event where one is due", () => {
    for (const text of ["{}", "[]", "[null]", "[{}]", "1", "nonsense"]) {
      const hostile = new Writer().byte(7).string("/").byte(0).string(text).written;
      expect(() => decodeEnvelope(openEnvelope("me").bytes(hostile).written)).toThrow(MessageError);
    }
  });
});
