/** The lean codecs of the client against those of @sockeye/protocol, which they must equal. */
import * as protocol from "@sockeye/protocol";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { encoderOf } from "../src/wire/encoder.node.ts";
import {
  decodePayload,
  type EnginePacket,
  encodePayload,
  encodeStream,
  readStream,
} from "../src/wire/engine.ts";
import { createDecoder, encode } from "../src/wire/socket.ts";

/** The encoders of the client. */
const encoders: [platform: string, encoder: { encode(packet: protocol.Packet): unknown[] }][] = [
  ["browsers", { encode }],
  ["Node.js", encoderOf({})],
];

const bytes = fc.uint8Array({ maxLength: 20 });
const json = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 4 },
    fc.string({ unit: "binary" }),
    fc.integer(),
    fc.boolean(),
    fc.constant(null),
    bytes,
    fc.array(tie("value"), { maxLength: 3 }),
    fc.dictionary(
      fc.string().filter((key) => key !== "__proto__" && key !== "_placeholder" && key !== "toJSON"),
      tie("value"),
      { maxKeys: 3 },
    ),
  ),
})).value;
const nsp = fc.constantFrom("/", "/a", "/b/c", "/ü");
const id = fc.option(fc.nat(), { nil: undefined });
const name = fc.string().filter((text) => !protocol.RESERVED_EVENTS.has(text));
const packets = fc.oneof(
  fc.record({ type: fc.constant(2 as const), nsp, id, data: fc.tuple(name, json, json) }),
  fc.record({ type: fc.constant(3 as const), nsp, id: fc.nat(), data: fc.array(json, { maxLength: 3 }) }),
  fc.record({
    type: fc.constant(0 as const),
    nsp,
    data: fc.option(fc.record({ token: fc.string() }), { nil: undefined }),
  }),
  fc.record({ type: fc.constant(1 as const), nsp }),
  fc.record({ type: fc.constant(4 as const), nsp, data: fc.record({ message: fc.string() }) }),
);

function decode(frames: unknown[], maxAttachments?: number): protocol.Packet[] {
  const decoder = createDecoder(maxAttachments);
  const got: protocol.Packet[] = [];
  decoder.on("decoded", (packet) => got.push(packet));
  for (const frame of frames) decoder.add(frame);
  return got;
}

const few = (packet: protocol.Packet): boolean => new protocol.Encoder().encode(packet).length <= 11;

describe("Socket.IO packets", () => {
  test.each(encoders)("are encoded to the same frames in %s", (_platform, encoder) => {
    fc.assert(
      fc.property(packets, (packet) => {
        expect(encoder.encode(packet)).toEqual(new protocol.Encoder().encode(packet));
      }),
    );
  });

  test("are decoded to the same packets", () => {
    fc.assert(
      fc.property(packets.filter(few), (packet) => {
        const frames = new protocol.Encoder().encode(packet);
        const theirs = new protocol.Decoder();
        const expected = frames.map((frame) => theirs.push(frame)).at(-1);
        expect(decode(frames)).toEqual([expected]);
      }),
    );
  });

  test.each([
    "",
    "7",
    "x",
    "2",
    "2{}",
    "2[]",
    '2["connect"]',
    "2[{}]",
    '2["a"',
    "3{}",
    "4",
    "4[]",
    "0[]",
    "1{}",
    "5",
    '5["a"]',
    '50-["a"]',
    '5x-["a"]',
    '511-["a"]',
    '23-["a"]',
    "0/admin",
    '2/admin["a"]',
  ])("refuses %j as the server's decoder does", (frame) => {
    const theirs = new protocol.Decoder();
    const refused = (push: () => unknown): boolean => {
      try {
        push();
        return false;
      } catch {
        return true;
      }
    };
    expect(refused(() => decode([frame]))).toBe(refused(() => theirs.push(frame)));
  });

  test.each([["0"], [-1], [1], [0.5], ["length"], [null], ["constructor"]])(
    "refuses the placeholder number %j",
    (num) => {
      const text = `51-${JSON.stringify(["a", { _placeholder: true, num }])}`;
      expect(() => decode([text, new Uint8Array(1)])).toThrow("invalid packet");
    },
  );

  test("refuses text while attachments are awaited, and binary when none are", () => {
    expect(() => decode(['51-["a",{"_placeholder":true,"num":0}]', '2["b"]'])).toThrow();
    expect(() => decode([new Uint8Array(1)])).toThrow();
  });

  test("counts attachments up to the limit that is set", () => {
    const frames = encode({
      type: 2,
      nsp: "/",
      data: ["a", ...Array.from({ length: 12 }, () => new Uint8Array(1))],
    });
    expect(() => decode(frames)).toThrow("invalid packet");
    expect(decode(frames, 12)).toHaveLength(1);
  });

  test("leaves the prototypes alone", () => {
    decode(['51-["a",{"__proto__":{"polluted":1},"b":{"_placeholder":true,"num":0}}]', new Uint8Array(1)]);
    expect(({} as { polluted?: number }).polluted).toBeUndefined();
  });

  test.each(encoders)("take Buffers, ArrayBuffers and Blobs as they are in %s", (_platform, encoder) => {
    const binary = [Buffer.from([1]), new ArrayBuffer(1), new Blob(["x"])];
    const [text, ...attachments] = encoder.encode({ type: 2, nsp: "/", data: ["a", ...binary] });
    expect(text).toMatch(/^53-\["a",{"_placeholder":true,"num":0},{/);
    for (const [at, attachment] of attachments.entries()) expect(attachment).toBe(binary[at]);
  });

  test("of Node.js do not ask a Buffer's toJSON() for all its numbers", () => {
    const buffer = Object.assign(Buffer.from([1]), { toJSON: () => expect.unreachable() });
    expect(encoderOf({}).encode({ type: 2, nsp: "/", data: ["a", { buffer }] })[1]).toBe(buffer);
  });

  test.each(encoders)("honour toJSON in %s, beside binary too", (_platform, encoder) => {
    const date = new Date(0);
    const buffer = new Uint8Array([1]);
    expect(
      encoder.encode({
        type: 2,
        nsp: "/",
        data: ["a", { date, nested: { toJSON: () => ({ buffer }) }, itself: { toJSON: () => buffer } }],
      }),
    ).toEqual([
      '52-["a",{"date":"1970-01-01T00:00:00.000Z","nested":{"buffer":{"_placeholder":true,"num":0}},' +
        '"itself":{"_placeholder":true,"num":1}}]',
      buffer,
      buffer,
    ]);
  });
});

const engine = fc.oneof(
  fc.record({
    type: fc.constant("message" as const),
    data: fc.oneof(fc.string({ unit: "grapheme" }), bytes),
  }),
  fc.record({
    type: fc.constantFrom("ping" as const, "pong" as const, "close" as const),
    data: fc.constant("probe"),
  }),
);

const plain = (data: unknown): unknown => (data instanceof Uint8Array ? data.slice().buffer : data);

/** What is written to a stream. */
async function written(packets: EnginePacket[]): Promise<Uint8Array[]> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of encodeStream(packets)) chunks.push(chunk);
  return chunks;
}

/** Reads a stream in chunks of a length. */
async function read(stream: Uint8Array, length: number): Promise<EnginePacket[]> {
  const packets: EnginePacket[] = [];
  let at = 0;
  const reader = {
    async read() {
      const value = new Uint8Array(stream.subarray(at, at + length));
      at += length;
      return value.length ? { value } : {};
    },
  };
  for await (const packet of readStream(reader, plain)) packets.push(packet);
  return packets;
}

describe("Engine.IO packets", () => {
  test("make the same polling body, and are read from it", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(engine, { minLength: 1, maxLength: 5 }), async (list) => {
        const body = await encodePayload(list);
        expect(body).toBe(protocol.encodePayload(list));
        if (body.split("\x1e").length !== list.length) return;
        expect(decodePayload(body, plain)).toEqual(
          list.map(({ type, data }) => ({ type, data: plain(data) })),
        );
      }),
    );
  });

  test("make the same stream, and are read from it wherever it is cut", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(engine, { maxLength: 5 }),
        fc.integer({ min: 1, max: 9 }),
        async (list, cut) => {
          const stream = Buffer.concat(await written(list));
          expect(stream).toEqual(Buffer.concat(list.flatMap((packet) => protocol.encodeStreamFrame(packet))));
          expect(await read(stream, cut)).toEqual(
            list.map(({ type, data }) => ({ type, data: plain(data) })),
          );
        },
      ),
    );
  });

  test.each([0, 1, 125, 126, 65535, 65536, 70_000])("frame a message of %d bytes", async (size) => {
    const packet = { type: "message" as const, data: new Uint8Array(size).fill(7) };
    const header = protocol.encodeStreamHeader(size, true);
    const stream = Buffer.concat(await written([packet]));
    expect(new Uint8Array(stream.subarray(0, header.length))).toEqual(header);
    expect(await read(stream, 1000)).toEqual([{ type: "message", data: plain(packet.data) }]);
    expect(await read(stream.subarray(0, -1), 1000)).toEqual([]);
  });

  test("carry more binary than fits into one call, in base64", async () => {
    const data = new Uint8Array(20_001).map((_, at) => at * 7);
    const body = await encodePayload([{ type: "message", data }]);
    expect(body).toBe(`b${Buffer.from(data).toString("base64")}`);
    expect(decodePayload(body, plain)).toEqual([{ type: "message", data: data.buffer }]);
  });

  test("read the bytes of a Blob", async () => {
    const data = new Blob([new Uint8Array([1, 2, 3])]);
    expect(await encodePayload([{ type: "message", data }])).toBe("bAQID");
    expect((await written([{ type: "message", data }]))[1]).toEqual(new Uint8Array([1, 2, 3]));
  });
});
