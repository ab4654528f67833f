/** Base64 as a server on Node.js passes it. */
import type { Base64 } from "@sockeye/protocol";

export const bufferBase64: Base64 = {
  encode: (bytes) => Buffer.from(bytes).toString("base64"),
  decode: (text) => Buffer.from(text, "base64"),
};
