/** Reads bytes without a socket, and writes down what the reader tells. */
import { WebSocketError } from "../src/frame.ts";
import { FrameReader, type FrameSink, type ReaderLimits } from "../src/frame-reader.ts";

export class Notes implements FrameSink {
  readonly told: unknown[] = [];
  reader: FrameReader | undefined;

  text(data: string): void {
    this.told.push(data);
  }
  binary(data: Buffer): void {
    this.told.push(data);
  }
  compressed(data: Buffer, isText: boolean): void {
    this.told.push({ compressed: data.toString("hex"), isText });
  }
  ping(data: Buffer): void {
    this.told.push({ ping: data.toString("latin1") });
  }
  closeFrame(code: number, reason: string): void {
    this.told.push({ close: code, reason });
    this.reader?.shut();
  }
}

export interface ReadOptions extends Partial<ReaderLimits> {
  deflate?: boolean;
}

/** What is told of these chunks, in order; an error is `{ error, closeCode }` and the last thing told. */
export function read(chunks: readonly Buffer[], options: ReadOptions = {}): unknown[] {
  const limits = { maxPayload: options.maxPayload ?? 1_000_000, maxFragments: options.maxFragments ?? 1000 };
  const notes = new Notes();
  const reader = new FrameReader(notes, limits, options.deflate ?? false);
  notes.reader = reader;
  try {
    for (const chunk of chunks) pushLent(reader, chunk);
  } catch (error) {
    if (!(error instanceof WebSocketError)) throw error;
    notes.told.push({ error: error.code, closeCode: error.closeCode });
  }
  return notes.told;
}

/** A chunk is lent: it is changed in place, overwritten once it was read, and more stands behind its end. */
export function pushLent(reader: FrameReader, bytes: Buffer): void {
  const chunk = Buffer.concat([bytes, Buffer.from("what came before")]);
  try {
    reader.push(chunk, bytes.length);
  } finally {
    chunk.fill(0xff);
  }
}

/** All ways to see these bytes: whole, cut once at every place, and byte by byte. */
export function* cuts(bytes: Buffer): Generator<Buffer[]> {
  yield [bytes];
  for (let at = 1; at < bytes.length; at++) yield [bytes.subarray(0, at), bytes.subarray(at)];
  yield Array.from(bytes, (byte) => Buffer.from([byte]));
}
