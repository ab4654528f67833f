/** Binary values in the shapes that platforms hand them over. */

/** What a user may pass as binary: an ArrayBuffer or any view on one (a Node.js Buffer is a Uint8Array). */
export type Binary = ArrayBuffer | ArrayBufferView;

/** Tells whether a value is an ArrayBuffer or a view on one. */
export function isBinary(value: unknown): value is Binary {
  return ArrayBuffer.isView(value) || value instanceof ArrayBuffer;
}

/** The same memory as a Uint8Array; a Uint8Array (or Buffer) is handed back as it came. */
export function toBytes(value: Binary): Uint8Array {
  if (value instanceof Uint8Array) return value;
  return ArrayBuffer.isView(value)
    ? new Uint8Array(value.buffer, value.byteOffset, value.byteLength)
    : new Uint8Array(value);
}
