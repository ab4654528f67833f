/** socket.io-parser from npm. */
import { Decoder, Encoder } from "socket.io-parser";
import { versionOf } from "../versions.mjs";
import { tryCodec } from "./trial.mjs";

const encoder = new Encoder();
const decoder = new Decoder();
decoder.on("decoded", () => {});

tryCodec(`socket.io-parser ${versionOf("socket.io-parser")}`, {
  encode: (packet) => encoder.encode(packet),
  decode: (frame) => decoder.add(frame),
});
