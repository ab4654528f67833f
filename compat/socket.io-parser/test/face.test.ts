/** Where the face differs from the values beneath it: an emitter, views and Blobs as they came. */
import { Decoder, Encoder, type Packet, PacketType } from "@sockeye/compat-socket.io-parser";
import * as official from "socket.io-parser";
import { expect, test } from "vitest";

test("attachments leave as they came: views, ArrayBuffers, Blobs", () => {
  const attachments = [Uint16Array.of(1), new ArrayBuffer(2), new Blob(["x"])];
  const packet: Packet = { type: PacketType.EVENT, nsp: "/", data: ["up", ...attachments] };
  const [text, ...rest] = new Encoder().encode(packet);
  expect(rest.map((frame, i) => frame === attachments[i])).toEqual([true, true, true]);
  expect([text, ...rest]).toEqual(new official.Encoder().encode(packet));
});

test("Blobs are put together too, and what is neither text nor binary is a TypeError", () => {
  const decoder = new Decoder();
  const packets: Packet[] = [];
  decoder.on("decoded", (packet) => packets.push(packet));
  const blob = new Blob(["x"]);
  decoder.add('51-["up",{"_placeholder":true,"num":0}]');
  decoder.add(blob);
  expect(packets[0]?.data[1]).toBe(blob);
  expect(() => decoder.add({})).toThrow(new TypeError("Unknown type: [object Object]"));
  expect(() => decoder.add(5)).toThrow(TypeError);
});

test("packets have just the members of socket.io-parser's", () => {
  const [ours, theirs] = [new Decoder(), new official.Decoder()];
  const pairs: unknown[][] = [[], []];
  ours.on("decoded", (packet) => pairs[0]?.push(packet));
  theirs.on("decoded", (packet) => pairs[1]?.push(packet));
  for (const text of ["0", "1/a,", '2["a"]', "31[]", '4"x"']) {
    ours.add(text);
    theirs.add(text);
  }
  expect(JSON.stringify(pairs[0])).toBe(JSON.stringify(pairs[1]));
  expect(pairs[0]).toStrictEqual(pairs[1]);
});

test("destroy forgets a packet that has begun; a reviver may be the only argument", () => {
  const decoder = new Decoder((_key, value) => (value === 1 ? 2 : value));
  const packets: Packet[] = [];
  decoder.on("decoded", (packet) => packets.push(packet));
  decoder.add('51-["up"]');
  decoder.destroy();
  decoder.add('2["a",1]');
  expect(packets).toStrictEqual([{ type: 2, nsp: "/", data: ["a", 2] }]);
});
