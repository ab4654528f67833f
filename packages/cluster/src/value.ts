/** Event arguments as bytes: JSON where it is enough, a small binary form where there are bytes among them. */
import { MessageError, type Reader, Writer } from "./bytes.ts";

const JSON_TEXT = 0;
const TREE = 1;

const TAG = {
  null: 0,
  false: 1,
  true: 2,
  integer: 3,
  negative: 4,
  double: 5,
  string: 6,
  bytes: 7,
  array: 8,
  object: 9,
} as const;

/** Deeper values are refused: they would exhaust the stack of whoever encodes them next. */
const MAX_DEPTH = 512;

/** Writes any value that Socket.IO can send: what JSON makes of it, and bytes as they are. */
export function writeValue(writer: Writer, value: unknown): Writer {
  if (hasBytes(value, 0)) return writeTree(writer.byte(TREE), value, 0);
  return writer.byte(JSON_TEXT).string(JSON.stringify(value) ?? "null");
}

let warned = false;

/** Writes `null` for what cannot be written, such as a circle: what goes with it is of use without. */
export function writeOrLeaveOut(writer: Writer, what: string, value: unknown): Writer {
  const { length } = writer;
  try {
    return writeValue(writer, value);
  } catch (error) {
    warn(what, error);
    return writeValue(writer.clear(length), null);
  }
}

/** The value, or `null` for one that cannot be written. */
export function sendable(what: string, value: unknown): unknown {
  try {
    writeValue(new Writer(), value);
    return value;
  } catch (error) {
    warn(what, error);
    return null;
  }
}

/** Once: all sockets of an application have such data, or few. */
function warn(what: string, error: unknown): void {
  if (warned) return;
  warned = true;
  const text = `cluster: ${what} cannot be written, and is left out: ${String(error)}`;
  process.emitWarning(text, { code: "SOCKEYE_DATA" });
}

/** @param asJson told the JSON of the value, if that is how it has come */
export function readValue(reader: Reader, asJson?: (json: string) => void): unknown {
  const form = reader.byte();
  if (form === TREE) return readTree(reader, 0);
  if (form !== JSON_TEXT) throw new MessageError("a form of value", String(form));
  const text = reader.string();
  asJson?.(text);
  return parse(text);
}

function parse(text: string): unknown {
  try {
    const value: unknown = JSON.parse(text);
    // Each level takes two characters at least.
    if (text.length > 2 * MAX_DEPTH) refuseDepth(value, 0);
    return value;
  } catch (error) {
    if (error instanceof MessageError) throw error;
    throw new MessageError("JSON", (error as Error).message);
  }
}

function hasBytes(value: unknown, depth: number): boolean {
  if (typeof value !== "object" || value === null) return false;
  if (depth > MAX_DEPTH) throw new RangeError(`event arguments: nested deeper than ${MAX_DEPTH} levels`);
  if (value instanceof ArrayBuffer || ArrayBuffer.isView(value)) return true;
  const json = (value as { toJSON?: () => unknown }).toJSON;
  if (typeof json === "function") return hasBytes(json.call(value), depth + 1);
  for (const item of Array.isArray(value) ? value : Object.values(value)) {
    if (hasBytes(item, depth + 1)) return true;
  }
  return false;
}

function writeTree(writer: Writer, value: unknown, depth: number): Writer {
  switch (typeof value) {
    case "string":
      return writer.byte(TAG.string).string(value);
    case "number":
      return writeNumber(writer, value);
    case "boolean":
      return writer.byte(value ? TAG.true : TAG.false);
    case "object":
      return value === null ? writer.byte(TAG.null) : writeObject(writer, value, depth);
    case "bigint":
      throw new TypeError("event arguments: a bigint cannot be sent");
    default:
      return writer.byte(TAG.null);
  }
}

function writeNumber(writer: Writer, value: number): Writer {
  if (Number.isSafeInteger(value) && !Object.is(value, -0)) {
    return writer.byte(value < 0 ? TAG.negative : TAG.integer).varint(Math.abs(value));
  }
  return Number.isFinite(value) ? writer.byte(TAG.double).double(value) : writer.byte(TAG.null);
}

function writeObject(writer: Writer, value: object, depth: number): Writer {
  if (value instanceof ArrayBuffer || ArrayBuffer.isView(value)) {
    return writer.byte(TAG.bytes).bytes(bytesOf(value));
  }
  const json = (value as { toJSON?: () => unknown }).toJSON;
  if (typeof json === "function") return writeTree(writer, json.call(value), depth + 1);
  if (Array.isArray(value)) {
    writer.byte(TAG.array).varint(value.length);
    for (const item of value) writeTree(writer, item, depth + 1);
    return writer;
  }
  const entries = Object.entries(value).filter(
    ([, item]) => item !== undefined && typeof item !== "function",
  );
  writer.byte(TAG.object).varint(entries.length);
  for (const [key, item] of entries) writeTree(writer.string(key), item, depth + 1);
  return writer;
}

function readTree(reader: Reader, depth: number): unknown {
  if (depth > MAX_DEPTH) throw new MessageError(`at most ${MAX_DEPTH} levels`, "more");
  const tag = reader.byte();
  switch (tag) {
    case TAG.null:
      return null;
    case TAG.false:
      return false;
    case TAG.true:
      return true;
    case TAG.integer:
      return reader.varint();
    case TAG.negative:
      return -reader.varint();
    case TAG.double:
      return reader.double();
    case TAG.string:
      return reader.string();
    case TAG.bytes:
      // A copy, so that the whole message need not stay in memory for it.
      return Buffer.from(reader.bytes());
    case TAG.array:
      return Array.from({ length: reader.count() }, () => readTree(reader, depth + 1));
    case TAG.object:
      return readObject(reader, depth);
    default:
      throw new MessageError("a kind of value", String(tag));
  }
}

function readObject(reader: Reader, depth: number): object {
  const object: Record<string, unknown> = {};
  for (let count = reader.count(); count > 0; count--) {
    const key = reader.string();
    const value = readTree(reader, depth + 1);
    // Assigned plainly, this one name would change the prototype.
    if (key === "__proto__")
      Object.defineProperty(object, key, { value, enumerable: true, configurable: true });
    else object[key] = value;
  }
  return object;
}

function refuseDepth(value: unknown, depth: number): void {
  if (typeof value !== "object" || value === null) return;
  if (depth > MAX_DEPTH) throw new MessageError(`at most ${MAX_DEPTH} levels`, "more");
  for (const item of Object.values(value)) refuseDepth(item, depth + 1);
}

function bytesOf(value: ArrayBuffer | ArrayBufferView): Uint8Array {
  return value instanceof ArrayBuffer
    ? new Uint8Array(value)
    : new Uint8Array(value.buffer, value.byteOffset, value.byteLength);
}
