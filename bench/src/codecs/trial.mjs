/** A process that encodes and decodes, for every Socket.IO parser. */
import { answer } from "../answers.mjs";
import { payload } from "../load/exchange.mjs";
import { runtime, vitals } from "../vitals.mjs";

/** The protocol's number of EVENT. */
const type = /** @type {const} */ (2);
const event = { type, nsp: "/", id: 7, data: ["echo", payload] };
const binaryEvent = { type, nsp: "/", id: 7, data: ["echo", Buffer.alloc(1_024, 7)] };

/**
 * @typedef {object} Codec
 * @property {(packet: { type: 2, nsp: string, id: number, data: unknown[] }) => unknown[]} encode
 * @property {(frame: any) => unknown} decode takes one frame
 */

/**
 * @param {string} library its name and version
 * @param {Codec} codec
 */
export function tryCodec(library, codec) {
  const frames = codec.encode(event);
  const binaryFrames = codec.encode(binaryEvent);
  const decodeAll = (/** @type {unknown[]} */ parts) => {
    for (const part of parts) codec.decode(part);
  };
  /** @type {Record<string, () => unknown>} */
  const trials = {
    encode: () => codec.encode(event),
    decode: () => decodeAll(frames),
    "encode-binary": () => codec.encode(binaryEvent),
    "decode-binary": () => decodeAll(binaryFrames),
  };
  answer({
    ...vitals,
    hello: () => ({ library, runtime }),
    do: ({ action, details: count }) => {
      const trial = /** @type {() => unknown} */ (trials[action]);
      for (let i = 0; i < count; i++) trial();
      return count;
    },
  });
}
