/** Makes a picture small enough to be sent. */
import type { Image } from "../src/events.ts";

/** In bytes; smaller pictures are sent as they are. */
const SMALL = 300_000;
/** Longest side of what is shrunk, in pixels. */
const SIDE = 1280;
const KNOWN = /^image\/(png|jpeg|gif|webp|avif)$/;

/** @throws Error when the browser cannot read it */
export async function shrink(file: File): Promise<Image> {
  const bitmap = await createImageBitmap(file);
  if (file.size <= SMALL && KNOWN.test(file.type)) return read(file);
  const scale = Math.min(1, SIDE / Math.max(bitmap.width, bitmap.height));
  const canvas = document.createElement("canvas");
  canvas.width = Math.max(1, Math.round(bitmap.width * scale));
  canvas.height = Math.max(1, Math.round(bitmap.height * scale));
  canvas.getContext("2d")?.drawImage(bitmap, 0, 0, canvas.width, canvas.height);
  const blob = await new Promise<Blob | null>((made) => canvas.toBlob(made, "image/jpeg", 0.8));
  if (!blob) throw new Error("The picture cannot be encoded");
  return read(blob);
}

const read = async (blob: Blob): Promise<Image> => ({
  type: blob.type,
  bytes: new Uint8Array(await blob.arrayBuffer()),
});
