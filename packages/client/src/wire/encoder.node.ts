/** The encoder of Node.js: it never asks the toJSON() of a Buffer, which makes an array of millions of numbers. */
import type { Untyped } from "@sockeye/core";
import { Encoder } from "@sockeye/protocol";
import type { ManagerOptions } from "../options.ts";

// Attachments stay what they are: the transports take them in any shape, Blobs too.
const encoder = new Encoder(undefined, (found) => found as Uint8Array);

/** The encoder of the given parser, else one that all share. */
export const encoderOf = ({ parser }: Partial<ManagerOptions>): Untyped =>
  parser ? new parser.Encoder() : encoder;
