/** A short form of `npm run fuzz`. */
import * as core from "@sockeye/protocol";
import * as msgpack from "@sockeye/protocol/msgpack";
import * as v3 from "@sockeye/protocol/v3";
import { expect, test } from "vitest";
import { bufferBase64 } from "./buffer-base64.ts";

interface Hostile {
  fuzz(modules: object, count: number, seed: number): { packets: number; refused: Record<string, number> };
}
const hostile: Hostile = await import(new URL("../fuzz/hostile.mjs", import.meta.url).href);

/** Only what users hand over can be a Blob or a custom parser. */
const CODES = [
  "ERR_ACK_ID",
  "ERR_ATTACHMENTS",
  "ERR_BASE64",
  "ERR_DATA",
  "ERR_DEPTH",
  "ERR_ENGINE_PACKET",
  "ERR_HANDSHAKE",
  "ERR_JSON",
  "ERR_MSGPACK",
  "ERR_NAMESPACE",
  "ERR_PAYLOAD",
  "ERR_PLACEHOLDER",
  "ERR_SEQUENCE",
  "ERR_TOO_LARGE",
  "ERR_TYPE",
  "ERR_UTF8",
];

test("50,000 hostile inputs end in a packet or a ProtocolError, of every code there is", () => {
  const { packets, refused } = hostile.fuzz({ core, v3, msgpack, base64: bufferBase64 }, 50_000, 7);
  expect(packets).toBeGreaterThan(5_000);
  expect(Object.keys(refused).sort()).toEqual(CODES);
}, 60_000);
