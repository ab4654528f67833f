/** About how many bytes a value keeps in memory: cheap, and never endless. */

const WORD = 8;
const OBJECT = 32;
const DEPTH = 32;

/** Estimates the size of event arguments in bytes; what is nested deeper than 32 levels counts as a word. */
export function sizeOf(value: unknown, depth = 0): number {
  if (typeof value === "string") return OBJECT + value.length;
  if (typeof value !== "object" || value === null || depth > DEPTH) return WORD;
  if (ArrayBuffer.isView(value) || value instanceof ArrayBuffer) return OBJECT + value.byteLength;
  let size = OBJECT;
  if (Array.isArray(value)) for (const item of value) size += sizeOf(item, depth + 1);
  else for (const [key, item] of Object.entries(value)) size += key.length + sizeOf(item, depth + 1);
  return size;
}
