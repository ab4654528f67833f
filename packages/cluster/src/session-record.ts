/** A session as it is kept in the store. */
import type { SocketId } from "@sockeye/adapter";
import { Reader, Writer } from "./bytes.ts";
import type { Mark } from "./head-start.ts";
import type { NodeId } from "./message.ts";
import { SessionTrace, type TraceRecord } from "./session-trace.ts";
import { readValue, writeValue } from "./value.ts";

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

export function encodeRecord({ data, ...rest }: SessionRecord): Uint8Array {
  return writeValue(writeValue(new Writer(), data), rest).written;
}

export function decodeRecord(value: Uint8Array): SessionRecord {
  const reader = new Reader(value);
  const data = readValue(reader);
  return { data, ...(readValue(reader) as Omit<SessionRecord, "data">) };
}

/** The data of a record as JSON, to see whether it has changed. */
export function dataIn(value: Uint8Array): string {
  return JSON.stringify(readValue(new Reader(value)));
}

/** The trace of a session that goes on. */
export function traceOf(record: SessionRecord): SessionTrace {
  return new SessionTrace(record.trace);
}
