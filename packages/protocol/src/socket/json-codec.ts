/** The default encoding, behind the codec port. */
import type { Codec } from "./codec.ts";
import { Decoder } from "./decoder.ts";
import { Encoder } from "./encoder.ts";

export const jsonCodec: Codec = {
  encoder: () => new Encoder(),
  decoder: (options) => new Decoder(options),
};
