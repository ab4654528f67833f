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

const isObject = (value: unknown): value is Fields => typeof value === "object" && value !== null;

/** What JSON.stringify serializes in place of an object; binary stays what it is, though a Buffer has a toJSON. */
function resolve(value: Fields, key: string): unknown {
  return typeof value.toJSON === "function" && !isAttachment(value) ? value.toJSON(key) : value;
}

/**
 * Counts one level of nesting.
 * @throws ProtocolError ERR_DEPTH beyond 1000
 */
export function deeper(depth: number): number {
  if (depth < MAX_DEPTH) return depth + 1;
  throw new ProtocolError("ERR_DEPTH", `at most ${MAX_DEPTH} levels and no cycle`, "more");
}

/**
 * Tells whether binary is somewhere in a value, as JSON.stringify would walk it (own keys, toJSON).
 * @throws ProtocolError ERR_DEPTH when the value is cyclic or nested beyond 1000 levels
 */
export function hasBinary(value: unknown, key = "", depth = 0): boolean {
  const json = isObject(value) ? resolve(value, key) : 0;
  if (!isObject(json)) return false;
  const next = deeper(depth);
  if (Array.isArray(json)) {
    for (const item of json) if (isObject(item) && hasBinary(item, "", next)) return true;
    return false;
  }
  // Most objects are plain, and spared the tests.
  if (Object.getPrototypeOf(json) !== Object.prototype && isAttachment(json)) return true;
  for (const name in json) {
    if (isObject(json[name]) && Object.hasOwn(json, name) && hasBinary(json[name], name, next)) return true;
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
  const json = isObject(value) ? resolve(value, key) : value;
  if (!isObject(json)) return json;
  if (isAttachment(json)) return replace(json);
  const next = deeper(depth);
  if (Array.isArray(json)) {
    const items: unknown[] = [];
    for (const item of json) items.push(replaceBinary(item, replace, `${items.length}`, next));
    return items;
  }
  const copy: Fields = {};
  for (const name of Object.keys(json)) {
    // Assigned, it would be the prototype and get lost; defined, it is a key like any other.
    if (name === "__proto__") Object.defineProperty(copy, name, { enumerable: true, writable: true });
    copy[name] = replaceBinary(json[name], replace, name, next);
  }
  return copy;
}

/** Makes a frame of a binary value: of an ArrayBuffer or view the bytes. */
export type Attach = (found: Binary | BlobLike) => Uint8Array;

/** @throws ProtocolError ERR_BLOB for a Blob, whose bytes cannot be had at once ({@link resolveBlobs}) */
export const attachBytes: Attach = (found) => {
  if (isBinary(found)) return toBytes(found);
  throw new ProtocolError("ERR_BLOB", "the bytes of a Blob", found);
};

/**
 * Takes the binary values out of data, in order, and leaves placeholders.
 * @throws ProtocolError ERR_DEPTH, and what `attach` throws
 */
export function deconstruct(data: unknown, attach: Attach): { data: unknown; attachments: Uint8Array[] } {
  const attachments: Uint8Array[] = [];
  const json = replaceBinary(data, (found) => ({
    _placeholder: true,
    num: attachments.push(attach(found)) - 1,
  }));
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
 * Finds the placeholders of a payload made by JSON.parse.
 * @throws ProtocolError ERR_PLACEHOLDER when one names no attachment, ERR_DEPTH
 */
export function findSlots(holder: Fields, attachments: number, slots: Slot[] = [], depth = 0): Slot[] {
  const next = deeper(depth);
  for (const key of Object.keys(holder)) {
    const value = holder[key];
    if (!isObject(value)) continue;
    const { _placeholder, num } = value;
    if (_placeholder !== true) findSlots(value, attachments, slots, next);
    else if (Number.isInteger(num) && (num as number) >= 0 && (num as number) < attachments) {
      slots.push({ holder, key, num: num as number });
    } else throw new ProtocolError("ERR_PLACEHOLDER", `a number below ${attachments}`, num);
  }
  return slots;
}
