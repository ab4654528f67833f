/** What adapters have at hand as JSON leaves as that, where the parser is the default one. */
import { PacketType } from "@sockeye/protocol";
import { msgpackCodec } from "@sockeye/protocol/msgpack";
import { Server } from "@sockeye/server";
import { expect, test } from "vitest";
import { EventEncoder } from "../src/broadcast/event-encoder.ts";

/** As adapters see it. */
const encoderOf = (server: object): unknown => (server as { encoder?: unknown }).encoder;

test("an event is put together as the encoder would have made it", () => {
  const encoder = encoderOf(new Server()) as EventEncoder;
  for (const packet of [
    { type: PacketType.EVENT, nsp: "/", data: ["a", { b: 1 }] },
    { type: PacketType.EVENT, nsp: "/chat", id: 7, data: ["a"] },
  ]) {
    expect([encoder.encodeJson(packet, JSON.stringify(packet.data))]).toEqual(encoder.encode(packet));
  }
});

test("another parser is asked itself", () => {
  expect(encoderOf(new Server({ parser: msgpackCodec }))).not.toBeInstanceOf(EventEncoder);
});
