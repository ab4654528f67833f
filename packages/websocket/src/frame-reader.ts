/** Client frames out of chunks, read in place: no object for a frame that came whole, and no copy for a text. */
import { isUtf8 } from "node:buffer";
import { ByteCollector } from "./byte-collector.ts";
import { breach, closeCodes, isCloseCode, notUtf8, opcodes, tooBig, WebSocketError } from "./frame.ts";
import { unmask } from "./unmask.ts";

/** Who is told what was read, by plain calls. It MAY hold or shut the reader meanwhile. */
export interface FrameSink {
  text(data: string): void;
  binary(data: Buffer): void;
  /** A whole message with RSV1 set, as it came (RFC 7692, 6). */
  compressed(data: Buffer, isText: boolean): void;
  ping(data: Buffer): void;
  /** The peer's Close frame; 1005 when it carried no code. */
  closeFrame(code: number, reason: string): void;
}

/** What a reader accepts. */
export interface ReaderLimits {
  /** Bytes of a message, before and after decompression. */
  readonly maxPayload: number;
  /** Frames of one message, empty ones included. */
  readonly maxFragments: number;
}

/** A frame whose end has not come yet; `size` is 0 until its header is known. */
interface CutFrame {
  readonly raw: ByteCollector;
  size: number;
}

/** A message whose last fragment has not come yet. */
interface PartialMessage {
  readonly isText: boolean;
  readonly compressed: boolean;
  readonly payload: ByteCollector;
  fragments: number;
}

const longestHeader = 14;

export class FrameReader {
  readonly #sink: FrameSink;
  readonly #limits: ReaderLimits;
  readonly #deflate: boolean;
  #gate: "open" | "held" | "shut" = "open";
  #cut: CutFrame | undefined;
  #message: PartialMessage | undefined;
  /** What came while the reader was held. */
  #rest: Buffer | undefined;

  constructor(sink: FrameSink, limits: ReaderLimits, deflate: boolean) {
    this.#sink = sink;
    this.#limits = limits;
    this.#deflate = deflate;
  }

  /**
   * Reads a chunk, up to `end`. It is only lent: it is changed in place, and nothing of it is kept.
   * @throws WebSocketError what the peer did wrong; the reader is then to be shut.
   */
  push(chunk: Buffer, end: number = chunk.length): void {
    if (this.#gate !== "open") this.#keep(chunk.subarray(0, end));
    else this.#read(chunk, this.#cut === undefined ? 0 : this.#complete(this.#cut, chunk, end), end);
  }

  get held(): boolean {
    return this.#gate === "held";
  }

  /** Reads nothing until {@link release}; what comes is kept. */
  hold(): void {
    if (this.#gate === "open") this.#gate = "held";
  }

  /** Goes on with what was kept. @throws WebSocketError as {@link push} does. */
  release(): void {
    if (this.#gate !== "held") return;
    this.#gate = "open";
    const rest = this.#rest;
    this.#rest = undefined;
    if (rest !== undefined) this.push(rest);
  }

  /** Reads nothing any more and lets go of all that was kept. */
  shut(): void {
    this.#gate = "shut";
    this.#cut = undefined;
    this.#message = undefined;
    this.#rest = undefined;
  }

  #read(chunk: Buffer, from: number, end: number): void {
    let at = from;
    while (at < end) {
      const size = this.#gate === "open" ? this.#frameSize(chunk, at, end) : 0;
      if (size === 0 || size > end - at) {
        this.#keepTail(chunk, at, end, size);
        return;
      }
      this.#frame(chunk, at, size, true);
      at += size;
    }
  }

  #keep(chunk: Buffer): void {
    if (this.#gate === "held")
      this.#rest = this.#rest === undefined ? Buffer.from(chunk) : Buffer.concat([this.#rest, chunk]);
  }

  /** Keeps what cannot be read yet: a frame of `size` bytes (0: not known) that is cut, or all that a held reader got. */
  #keepTail(chunk: Buffer, at: number, end: number, size: number): void {
    if (this.#gate !== "open") {
      this.#keep(chunk.subarray(at, end));
      return;
    }
    const raw = new ByteCollector(size);
    raw.append(chunk, at, end, size === 0 ? longestHeader : size);
    this.#cut = { raw, size };
  }

  /** Completes a cut frame; returns where the next frame begins. */
  #complete(cut: CutFrame, chunk: Buffer, chunkEnd: number): number {
    const { raw } = cut;
    let at = 0;
    while (cut.size === 0 && at < chunkEnd) {
      raw.append(chunk, at, ++at, longestHeader);
      cut.size = this.#frameSize(raw.bytes, 0, raw.length);
    }
    if (cut.size === 0) return at;
    const end = Math.min(at + cut.size - raw.length, chunkEnd);
    raw.append(chunk, at, end, cut.size);
    if (raw.length === cut.size) {
      this.#cut = undefined;
      this.#frame(raw.bytes, 0, cut.size, false);
    }
    return end;
  }

  /** Bytes of the whole frame that begins at `at`, or 0 while its header is incomplete. Refuses what it may not be. */
  #frameSize(bytes: Buffer, at: number, end: number): number {
    const first = bytes[at] as number;
    this.#checkFirstByte(first);
    if (end - at < 2) return 0;
    const second = bytes[at + 1] as number;
    // RFC 6455, 5.1: a server MUST close the connection upon a frame that is not masked.
    if (second < 0x80) throw breach("ERR_MASK", "a masked frame", "one without mask");
    const short = second & 0x7f;
    if ((first & 0x08) !== 0) checkControl(first, short);
    if (short < 126) return this.#fits(6, short, first);
    if (short === 126) return end - at < 4 ? 0 : this.#fits(8, length16(bytes, at + 2), first);
    return end - at < 10 ? 0 : this.#fits(14, length64(bytes, at + 2), first);
  }

  #fits(header: number, length: number, first: number): number {
    const before = (first & 0x0f) === opcodes.continuation ? (this.#message?.payload.length ?? 0) : 0;
    if (before + length > this.#limits.maxPayload) throw tooBig(this.#limits.maxPayload, before + length);
    return header + length;
  }

  #checkFirstByte(first: number): void {
    const opcode = first & 0x0f;
    if ((first & 0x70) !== 0) this.#checkReserved(first, opcode);
    if ((opcode & 0x07) > 2) throw breach("ERR_OPCODE", "a known opcode", `0x${opcode.toString(16)}`);
    if (opcode >= 8) return;
    if (opcode === opcodes.continuation) this.#checkContinuation();
    else if (this.#message !== undefined) {
      throw breach("ERR_FRAGMENT", "a continuation of the message begun", "a new message");
    }
  }

  #checkReserved(first: number, opcode: number): void {
    // RFC 7692, 6: RSV1 marks the first frame of a compressed message, and nothing else.
    const isFirst = opcode === opcodes.text || opcode === opcodes.binary;
    if (this.#deflate && isFirst && (first & 0x70) === 0x40) return;
    throw breach("ERR_RSV", "reserved bits that are 0", `0x${(first & 0x70).toString(16)}`);
  }

  #checkContinuation(): void {
    if (this.#message === undefined) {
      throw breach("ERR_FRAGMENT", "a message's first frame", "a continuation of none");
    }
    if (this.#message.fragments >= this.#limits.maxFragments) throw tooManyFragments(this.#limits);
  }

  /** A frame that is all there, its header checked. */
  #frame(bytes: Buffer, at: number, size: number, lent: boolean): void {
    const first = bytes[at] as number;
    const short = (bytes[at + 1] as number) & 0x7f;
    const start = at + (short < 126 ? 6 : short === 126 ? 8 : 14);
    const end = at + size;
    const ascii = unmask(bytes, start - 4, start, end);
    if (first === 0x81)
      this.#sink.text(ascii ? bytes.toString("latin1", start, end) : utf8(bytes, start, end));
    else if (first === 0x82) this.#sink.binary(payload(bytes, start, end, lent));
    else if (first >= 0xc1) this.#sink.compressed(payload(bytes, start, end, lent), first === 0xc1);
    else if ((first & 0x08) !== 0) this.#control(first & 0x0f, bytes.subarray(start, end));
    else this.#fragment(first, bytes, start, end);
  }

  #fragment(first: number, bytes: Buffer, start: number, end: number): void {
    const message = this.#message ?? beginMessage(first, end - start);
    this.#message = message;
    message.fragments++;
    message.payload.append(bytes, start, end, this.#limits.maxPayload);
    if (first < 0x80) return;
    this.#message = undefined;
    this.#finish(message, message.payload.bytes);
  }

  #finish(message: PartialMessage, payload: Buffer): void {
    if (message.compressed) this.#sink.compressed(payload, message.isText);
    else if (message.isText) this.#sink.text(utf8(payload, 0, payload.length));
    else this.#sink.binary(payload);
  }

  #control(opcode: number, payload: Buffer): void {
    if (opcode === opcodes.ping) this.#sink.ping(payload);
    else if (opcode === opcodes.close) this.#close(payload);
  }

  #close(payload: Buffer): void {
    if (payload.length === 0) {
      this.#sink.closeFrame(closeCodes.noStatus, "");
      return;
    }
    if (payload.length === 1) throw breach("ERR_CLOSE_PAYLOAD", "a close code of 2 bytes", "1 byte");
    const code = payload.readUInt16BE(0);
    if (!isCloseCode(code)) throw breach("ERR_CLOSE_CODE", "a close code that may be sent", String(code));
    this.#sink.closeFrame(code, utf8(payload, 2, payload.length));
  }
}

/** Bytes for the sink to keep. */
function payload(bytes: Buffer, start: number, end: number, lent: boolean): Buffer {
  const payload = bytes.subarray(start, end);
  return lent ? Buffer.from(payload) : payload;
}

function beginMessage(first: number, expected: number): PartialMessage {
  return {
    isText: (first & 0x0f) === opcodes.text,
    compressed: (first & 0x40) !== 0,
    payload: new ByteCollector(expected),
    fragments: 0,
  };
}

/** RFC 6455, 5.5: control frames are at most 125 bytes long and not fragmented. */
function checkControl(first: number, short: number): void {
  if (first < 0x80) throw breach("ERR_CONTROL_FRAGMENT", "a control frame in one piece", "a fragment");
  if (short > 125) throw breach("ERR_CONTROL_LENGTH", "a control frame of at most 125 bytes", "a longer one");
}

function length16(bytes: Buffer, at: number): number {
  const length = bytes.readUInt16BE(at);
  if (length < 126) throw notMinimal(length);
  return length;
}

/** RFC 6455, 5.2: the most significant bit MUST be 0, and the minimal number of bytes MUST be used. */
function length64(bytes: Buffer, at: number): number {
  const high = bytes.readUInt32BE(at);
  if (high > 0x7fffffff) throw breach("ERR_LENGTH", "a length below 2^63", "a larger one");
  const length = high * 0x1_0000_0000 + bytes.readUInt32BE(at + 4);
  if (length < 0x1_0000) throw notMinimal(length);
  return length;
}

function notMinimal(length: number): Error {
  return breach("ERR_LENGTH", "a length in as few bytes as possible", `${length} in more`);
}

function tooManyFragments(limits: ReaderLimits): Error {
  const message = `expected at most ${limits.maxFragments} fragments per message (maxFragments), got another one`;
  return new WebSocketError("ERR_TOO_MANY_FRAGMENTS", closeCodes.policy, message);
}

/** @throws WebSocketError 1007 (RFC 6455, 8.1) */
export function utf8(bytes: Buffer, start: number, end: number): string {
  if (!isUtf8(bytes.subarray(start, end))) throw notUtf8("a text");
  return bytes.toString("utf8", start, end);
}
