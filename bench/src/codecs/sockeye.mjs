/** Our Socket.IO codec. */
import { Decoder, Encoder } from "@sockeye/protocol";
import { versionOf } from "../versions.mjs";
import { tryCodec } from "./trial.mjs";

const encoder = new Encoder();
const decoder = new Decoder();

tryCodec(`@sockeye/protocol ${versionOf("@sockeye/protocol")}`, {
  encode: (packet) => encoder.encode(packet),
  decode: (frame) => decoder.push(frame),
});
