/** Hostile inputs against the built package: `node packages/protocol/fuzz/fuzz.mjs [count] [seed]`. */

import * as v3 from "../dist/engine/v3/index.js";
import * as core from "../dist/index.js";
import * as msgpack from "../dist/msgpack/index.js";
import { fuzz } from "./hostile.mjs";

const base64 = {
  encode: (bytes) => Buffer.from(bytes).toString("base64"),
  decode: (text) => Buffer.from(text, "base64"),
};
const count = Number(process.argv[2] ?? 1_000_000);
const seed = Number(process.argv[3] ?? Math.floor(Math.random() * 2 ** 32));
const start = performance.now();
console.log(`protocol: ${count} hostile inputs, seed ${seed}`);
const { packets, refused } = fuzz({ core, v3, msgpack, base64 }, count, seed);
const seconds = ((performance.now() - start) / 1000).toFixed(1);
const memory = Math.round(process.memoryUsage().rss / 2 ** 20);
console.log(`protocol: ${packets} packets, the rest refused, in ${seconds} s and ${memory} MB`, refused);
