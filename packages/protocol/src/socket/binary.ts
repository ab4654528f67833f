/** Binary values inside the data of a packet: found, taken out, put back. */
import { type Binary, isBinary, toBytes } from "../bytes.ts";
import { ProtocolError } from "../errors.ts";

/** What this package needs to know of a Blob or File. */
export interface BlobLike {
  readonly size: number;
  arrayBuffer(): Promise<ArrayBuffer>;
}

/** Deepest nesting that is sent; cyclic data is found by it. */
const MAX_DEPTH = 1000;

// A File is a Blob too. Without the DOM's types; absent on some platforms.
const BlobClass = (globalThis as { Blob?: new () => BlobLike }).Blob;

/** Tells whether a value is a Blob or File of this platform. */
export const isBlob = (value: unknown): value is BlobLike =>
  BlobClass !== undefined && value instanceof BlobClass;

const isAttachment = (value: unknown): value is Binary | BlobLike => isBinary(value) || isBlob(value);

type Fields = Record<string, unknown>;

/** What JSON.stringify serializes in place of a value; binary stays what it is, though a Buffer has a toJSON. */
function resolve(value: unknown, key: string): unknown {
  if (typeof value !== "object" || value === null || Array.isArray(value) || isAttachment(value))
    return value;
  const { toJSON } = value as Fields;
  return typeof toJSON === "function" ? toJSON.call(value, key) : value;
}

/**
 * Counts one level of nesting.
 * @throws ProtocolError ERR_DEPTH beyond 1000
 */
export function deeper(depth: number): number {
  if (depth < MAX_DEPTH) return depth + 1;
  throw new ProtocolError("ERR_DEPTH", `data without cycles, nested at most ${MAX_DEPTH} levels`, "more");
}

/**
 * Tells whether binary is somewhere in a value, as JSON.stringify would walk it (own keys, toJSON).
 * @throws ProtocolError ERR_DEPTH when the value is cyclic or nested beyond 1000 levels
 */
export function hasBinary(value: unknown, key = "", depth = 0): boolean {
  if (typeof value !== "object" || value === null) return false;
  const json = resolve(value, key);
  if (typeof json !== "object" || json === null) return false;
  const next = deeper(depth);
  if (Array.isArray(json)) {
    for (const item of json) if (hasBinary(item, "", next)) return true;
    return false;
  }
  if (isAttachment(json)) return true;
  for (const name in json) {
    if (Object.hasOwn(json, name) && hasBinary((json as Fields)[name], name, next)) return true;
  }
  return false;
}

/** A copy of a value, with each binary value replaced. */
function replaceBinary(
  value: unknown,
  replace: (found: Binary | BlobLike) => unknown,
  key = "",
  depth = 0,
): unknown {
  const json = resolve(value, key);
  if (typeof json !== "object" || json === null) return json;
  if (isAttachment(json)) return replace(json);
  const next = deeper(depth);
  if (Array.isArray(json)) return json.map((item, i) => replaceBinary(item, replace, `${i}`, next));
  // Without a prototype, "__proto__" is a key like any other.
  const copy: Fields = Object.create(null);
  for (const name of Object.keys(json))
    copy[name] = replaceBinary((json as Fields)[name], replace, name, next);
  return copy;
}

/**
 * Takes the binary values out of data, in order, and leaves placeholders.
 * @throws ProtocolError ERR_DEPTH, or ERR_BLOB for a Blob, whose bytes cannot be had at once ({@link resolveBlobs})
 */
export function deconstruct(data: unknown): { data: unknown; attachments: Uint8Array[] } {
  const attachments: Uint8Array[] = [];
  const json = replaceBinary(data, (found) => {
    if (isBlob(found)) throw new ProtocolError("ERR_BLOB", "the bytes of a Blob", "a Blob");
    return { _placeholder: true, num: attachments.push(toBytes(found)) - 1 };
  });
  return { data: json, attachments };
}

/** Data with the bytes of its Blobs and Files in their places; undefined when it has none. */
export function resolveBlobs(data: unknown): Promise<unknown> | undefined {
  const pending: Promise<ArrayBuffer>[] = [];
  const copy = replaceBinary(data, (found) => {
    if (isBlob(found)) pending.push(found.arrayBuffer());
    return found;
  });
  if (!pending.length) return undefined;
  return Promise.all(pending).then((buffers) => {
    let at = 0;
    return replaceBinary(copy, (found) => (isBlob(found) ? buffers[at++] : found));
  });
}

/** A place in a payload that waits for an attachment. */
export interface Slot {
  readonly holder: Fields;
  readonly key: string;
  readonly num: number;
}

/**
 * Finds the placeholders of a payload made by JSON.parse, nested no deeper than the decoder lets through.
 * @throws ProtocolError ERR_PLACEHOLDER when one names no attachment
 */
export function findSlots(holder: Fields, attachments: number, slots: Slot[] = []): Slot[] {
  for (const key of Object.keys(holder)) {
    const value = holder[key] as (Fields & { _placeholder?: unknown; num?: unknown }) | null;
    if (typeof value !== "object" || value === null) continue;
    if (value._placeholder !== true) findSlots(value, attachments, slots);
    else slots.push({ holder, key, num: attachmentIndex(value.num, attachments) });
  }
  return slots;
}

function attachmentIndex(num: unknown, attachments: number): number {
  if (typeof num === "number" && Number.isInteger(num) && num >= 0 && num < attachments) return num;
  throw new ProtocolError("ERR_PLACEHOLDER", `an attachment number below ${attachments}`, num);
}
