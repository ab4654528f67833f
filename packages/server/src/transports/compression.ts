/** Compression of long-polling answers, as the client accepts it. */
import { createDeflate, createGzip, type ZlibOptions } from "node:zlib";
import type { HttpCompressionOptions } from "../engine/options.ts";

export type ContentEncoding = "gzip" | "deflate";

const DEFAULT_THRESHOLD = 1024;

/** The better of gzip and deflate that an `Accept-Encoding` header allows (RFC 9110, 12.5.3). */
export function chooseEncoding(accepted: string | string[] | undefined): ContentEncoding | undefined {
  if (typeof accepted !== "string") return undefined;
  const quality = new Map<string, number>();
  for (const element of accepted.toLowerCase().split(",")) {
    const [coding = "", ...parameters] = element.split(";");
    const q = parameters.map((one) => one.trim()).find((one) => one.startsWith("q="));
    quality.set(coding.trim(), q === undefined ? 1 : Number(q.slice(2)) || 0);
  }
  const of = (coding: string): number => quality.get(coding) ?? quality.get("*") ?? 0;
  const gzip = of("gzip");
  const deflate = of("deflate");
  if (gzip === 0 && deflate === 0) return undefined;
  return gzip >= deflate ? "gzip" : "deflate";
}

/** From how many bytes on answers are compressed; infinity when they never are. */
export function compressionThreshold(option: boolean | HttpCompressionOptions): number {
  if (option === false) return Number.POSITIVE_INFINITY;
  return option === true ? DEFAULT_THRESHOLD : (option.threshold ?? DEFAULT_THRESHOLD);
}

export function compress(
  data: string | Uint8Array,
  encoding: ContentEncoding,
  option: boolean | HttpCompressionOptions,
  done: (error: Error | null, compressed: Buffer) => void,
): void {
  const settings: ZlibOptions = typeof option === "object" ? option : {};
  const stream = encoding === "gzip" ? createGzip(settings) : createDeflate(settings);
  const chunks: Buffer[] = [];
  stream.on("data", (chunk: Buffer) => chunks.push(chunk));
  stream.on("error", (error) => done(error, Buffer.alloc(0)));
  stream.on("end", () => done(null, Buffer.concat(chunks)));
  stream.end(data);
}
