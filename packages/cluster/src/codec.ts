/** Messages as bytes: a versioned envelope with its sender, and the messages of one turn in it. */
import type { SocketDetails } from "@sockeye/adapter";
import { MessageError, Reader, Writer } from "./bytes.ts";
import type { Event, Message, NodeId, StreamClient, Target } from "./message.ts";
import { readValue, writeOrLeaveOut, writeValue } from "./value.ts";

const MAGIC = 0xd5;
const VERSION = 1;

interface Field<Value> {
  write(writer: Writer, value: Value): Writer;
  /** @param message what has been read of it, for a field that tells more than its value */
  read(reader: Reader, message?: Partial<Event>): Value;
}

const text: Field<string> = {
  write: (writer, value) => writer.string(value),
  read: (reader) => reader.string(),
};
const count: Field<number> = {
  write: (writer, value) => writer.varint(value),
  read: (reader) => reader.varint(),
};
const flag: Field<boolean> = {
  write: (writer, value) => writer.byte(value ? 1 : 0),
  read: (reader) => reader.byte() === 1,
};
/** Applications in JavaScript call rooms by numbers too, and a number is another room than its digits. */
const NUMBER = "\0#";

const names: Field<string[]> = {
  write(writer, value) {
    writer.varint(value.length);
    for (const name of value as unknown[])
      writer.string(typeof name === "string" ? name : NUMBER + String(name));
    return writer;
  },
  read(reader) {
    const list: string[] = [];
    for (let left = reader.count(); left > 0; left--) list.push(textToName(reader.string()));
    return list;
  },
};

function textToName(text: string): string {
  return text.startsWith(NUMBER) ? (Number(text.slice(NUMBER.length)) as unknown as string) : text;
}

/** How each field of a message travels. */
const FIELDS: { readonly [name: string]: Field<never> | Field<unknown> } = {
  nsp: text,
  to: { write: writeTarget, read: readTarget },
  copy: count,
  args: { write: writeValue, read: readEvent },
  rooms: names,
  close: flag,
  request: count,
  timeout: count,
  sockets: { write: writeSockets, read: readSockets },
  value: { write: writeValue, read: (reader) => readValue(reader) },
  clients: count,
  pid: text,
  sid: text,
  found: flag,
  stream: count,
  caller: flag,
  number: count,
  limit: count,
  bytes: {
    write: (writer: Writer, value: Uint8Array) => writer.bytes(value),
    read: (reader) => reader.bytes(),
  },
  client: { write: writeClient, read: readClient },
};

/** The fields of each kind in their order. The place in this list is the kind's number: new ones go to the end. */
const KINDS: ReadonlyArray<readonly [Message["kind"], ...string[]]> = [
  ["hello"],
  ["heartbeat"],
  ["goodbye"],
  ["broadcast", "nsp", "to", "copy", "args"],
  ["join", "nsp", "to", "copy", "rooms"],
  ["leave", "nsp", "to", "copy", "rooms"],
  ["disconnect", "nsp", "to", "copy", "close"],
  ["emit", "nsp", "args"],
  ["fetch", "nsp", "request", "to"],
  ["ask", "nsp", "request", "args"],
  ["poll", "nsp", "request", "to", "timeout", "args"],
  ["sockets", "request", "sockets"],
  ["reply", "request", "value"],
  ["polled", "request", "clients"],
  ["ack", "request", "value"],
  ["yield", "nsp", "request", "pid"],
  ["locate", "request", "sid"],
  ["located", "request", "found"],
  ["dial", "stream", "sid", "client"],
  ["chunk", "stream", "caller", "number", "bytes"],
  ["grant", "stream", "caller", "number", "limit"],
  ["finish", "stream", "caller", "number"],
  ["hang", "stream", "caller", "number"],
  ["after", "nsp", "rooms", "number"],
  ["depart", "stream", "caller", "number"],
];

interface Layout {
  number: number;
  kind: Message["kind"];
  fields: Array<{ name: string; field: Field<unknown> }>;
}

const LAYOUT_OF: readonly Layout[] = KINDS.map(([kind, ...names], number) => ({
  number,
  kind,
  fields: names.map((name) => ({ name, field: FIELDS[name] as Field<unknown> })),
}));

const LAYOUTS: ReadonlyMap<string, Layout> = new Map(LAYOUT_OF.map((layout) => [layout.kind, layout]));

/** A sender and what it says. */
export interface Envelope {
  from: NodeId;
  messages: Message[];
}

/** Begins an envelope; encoded messages are then added with `bytes`. */
export function openEnvelope(from: NodeId): Writer {
  return new Writer().byte(MAGIC).byte(VERSION).string(from);
}

const scratch = new Writer();

/** Encodes one message, for any number of envelopes; the bytes are good until the next one is encoded. */
export function encodeMessage(message: Message): Uint8Array {
  const { number, fields } = LAYOUTS.get(message.kind) as Layout;
  const writer = scratch.clear().byte(number);
  const values = message as unknown as Record<string, unknown>;
  for (const { name, field } of fields) field.write(writer, values[name]);
  return writer.written;
}

/** Whether an envelope is from this sender, told from its first bytes. */
export function isFrom(bytes: Uint8Array, opening: Uint8Array): boolean {
  if (bytes.byteLength < opening.byteLength) return false;
  for (let at = opening.byteLength - 1; at >= 0; at--) if (bytes[at] !== opening[at]) return false;
  return true;
}

/** Reads an envelope; throws a MessageError for anything that is none. Kinds of later versions are skipped. */
export function decodeEnvelope(bytes: Uint8Array): Envelope {
  const reader = new Reader(bytes);
  const [magic, version] = [reader.byte(), reader.byte()];
  if (magic !== MAGIC || version !== VERSION) {
    throw new MessageError(`an envelope of version ${VERSION}`, `${magic}, ${version}`);
  }
  const from = reader.string();
  const messages: Message[] = [];
  while (reader.left > 0) {
    const message = decodeMessage(reader.part());
    if (message) messages.push(message);
  }
  return { from, messages };
}

function decodeMessage(reader: Reader): Message | undefined {
  const layout = LAYOUT_OF[reader.byte()];
  if (!layout) return undefined;
  const message: Record<string, unknown> = { kind: layout.kind };
  for (const { name, field } of layout.fields) message[name] = field.read(reader, message);
  return message as unknown as Message;
}

const VOLATILE = 1;
const COMPRESS_SET = 2;
const COMPRESS = 4;
const EVERYWHERE = 8;

function writeTarget(writer: Writer, { rooms, except, volatile, compress, everywhere }: Target): Writer {
  const compression = compress === undefined ? 0 : COMPRESS_SET | (compress ? COMPRESS : 0);
  writer.byte((volatile ? VOLATILE : 0) | compression | (everywhere ? EVERYWHERE : 0));
  return names.write(names.write(writer, rooms), except);
}

function readTarget(reader: Reader): Target {
  const flags = reader.byte();
  const target: Target = { rooms: names.read(reader), except: names.read(reader) };
  if (flags & VOLATILE) target.volatile = true;
  if (flags & COMPRESS_SET) target.compress = (flags & COMPRESS) !== 0;
  if (flags & EVERYWHERE) target.everywhere = true;
  return target;
}

/** Arguments that begin with the name of the event. */
function readEvent(reader: Reader, message: Partial<Event> = {}): unknown[] {
  const args = readValue(reader, (json) => {
    message.json = json;
  });
  if (!Array.isArray(args)) throw new MessageError("an event", typeof args);
  const name = typeof args[0];
  if (name !== "string" && name !== "number") throw new MessageError("an event's name", name);
  return args;
}

function writeSockets(writer: Writer, sockets: SocketDetails[]): Writer {
  writer.varint(sockets.length);
  for (const { id, handshake, rooms, data } of sockets) {
    names.write(writer.string(id), [...rooms]);
    writeOrLeaveOut(writeValue(writer, handshake), "socket.data", data);
  }
  return writer;
}

function readSockets(reader: Reader): SocketDetails[] {
  return Array.from({ length: reader.count() }, () => ({
    id: reader.string(),
    rooms: names.read(reader),
    handshake: readValue(reader),
    data: readValue(reader),
  }));
}

function writeClient(writer: Writer, { remoteAddress, remotePort, encrypted }: StreamClient): Writer {
  return flag.write(writer.string(remoteAddress).varint(remotePort), encrypted);
}

function readClient(reader: Reader): StreamClient {
  return { remoteAddress: reader.string(), remotePort: reader.varint(), encrypted: flag.read(reader) };
}
