/** A session as it is kept in the store. */
import type { SocketId } from "@sockeye/adapter";
import { Reader, Writer } from "./bytes.ts";
import type { Mark } from "./head-start.ts";
import type { NodeId } from "./message.ts";
import { SessionTrace, type TraceRecord } from "./session-trace.ts";
import { readValue, writeOrLeaveOut, writeValue } from "./value.ts";

export interface SessionRecord {
  nsp: string;
  sid: SocketId;
  data: unknown;
  /** The server whose client it is, or was. */
  node: NodeId;
  /** The client has received everything up to this position. */
  received: number;
  /** What the client has had before it was in the log, on servers that it came from. */
  marks: readonly Mark[];
  trace: TraceRecord;
}

/** Data that cannot be written, such as a circle, is left out: the session goes on without it. */
export function encodeRecord({ data, ...rest }: SessionRecord): Uint8Array {
  const writer = writeOrLeaveOut(new Writer(), "socket.data", data);
  return writeValue(writer, rest).written;
}

export function decodeRecord(value: Uint8Array): SessionRecord {
  const reader = new Reader(value);
  const data = readValue(reader);
  return { data, ...(readValue(reader) as Omit<SessionRecord, "data">) };
}

/** Whether a record has this data. */
export function hasData(value: Uint8Array, data: unknown): boolean {
  return JSON.stringify(readValue(new Reader(value))) === jsonOf(data ?? null);
}

/** Of what cannot be written, that of what is written instead. */
function jsonOf(data: unknown): string {
  try {
    return JSON.stringify(data);
  } catch {
    return "null";
  }
}

/** The trace of a session that goes on. */
export function traceOf(record: SessionRecord): SessionTrace {
  return new SessionTrace(record.trace);
}
