/** The default encoding, behind the codec port, as a server needs it. */
import type { Codec } from "./codec.ts";
import { Decoder } from "./decoder.ts";
import { guardDepth } from "./depth.ts";
import { Encoder } from "./encoder.ts";

/** Its decoders refuse payloads nested deeper than 500 levels, so that nobody fails to pass them on. */
export const jsonCodec: Codec = {
  encoder: () => new Encoder(),
  decoder: (options) => new Decoder(options, guardDepth),
};
