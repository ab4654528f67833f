/** Binary in the shape that the caller asks for. */
import { type Base64, type Binary, platformBase64, toBytes } from "@sockeye/protocol";
import type { BinaryType } from "./packet.ts";

// Not by its plain name, for which bundlers would put a polyfill into pages.
const NodeBuffer: typeof Buffer | undefined = globalThis.Buffer;

/** By Buffer where there is one. */
export const base64: Base64 = NodeBuffer
  ? {
      encode: (bytes) => NodeBuffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("base64"),
      decode: (text) => NodeBuffer.from(text, "base64"),
    }
  : platformBase64;

/** Buffers unless asked otherwise, in pages ArrayBuffers; a Blob is for pages only. */
export function toBinaryType(data: Binary, binaryType: BinaryType | undefined): Buffer | ArrayBuffer | Blob {
  const { buffer, byteOffset, byteLength } = toBytes(data);
  if (binaryType !== "arraybuffer" && NodeBuffer) return NodeBuffer.from(buffer, byteOffset, byteLength);
  const exact = data instanceof ArrayBuffer ? data : buffer.slice(byteOffset, byteOffset + byteLength);
  return binaryType === "blob" ? new Blob([exact as ArrayBuffer]) : (exact as ArrayBuffer);
}
