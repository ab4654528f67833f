/** Values as one line of JSON, binary as `{"$binary": base64}`: how tests talk to guests in other processes. */

/** Line and paragraph separators end a line for node:readline: they are escaped. */
const escapeSeparator = (character: string): string => `\\u${character.charCodeAt(0).toString(16)}`;

export function toLine(value: unknown): string {
  const json = JSON.stringify(mapBinary(value, (bytes) => ({ $binary: bytes.toString("base64") })));
  return `${json.replace(/[\u2028\u2029]/g, escapeSeparator)}\n`;
}

export function fromLine(line: string): unknown {
  return JSON.parse(line, (_key, value) =>
    isWrapped(value) ? Buffer.from(value.$binary, "base64") : (value as unknown),
  );
}

/** A copy of a value in which each binary (Buffer, typed array, ArrayBuffer) is replaced. */
export function mapBinary(value: unknown, replace: (bytes: Buffer) => unknown): unknown {
  if (ArrayBuffer.isView(value))
    return replace(Buffer.from(value.buffer, value.byteOffset, value.byteLength));
  if (value instanceof ArrayBuffer) return replace(Buffer.from(value));
  if (Array.isArray(value)) return value.map((item) => mapBinary(item, replace));
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value).map(([key, item]) => [key, mapBinary(item, replace)]);
  return Object.fromEntries(entries);
}

function isWrapped(value: unknown): value is { $binary: string } {
  return typeof value === "object" && value !== null && "$binary" in value;
}
