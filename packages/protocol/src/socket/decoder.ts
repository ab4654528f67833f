/** Frames become Socket.IO packets, or are refused. */
import type { Binary } from "../bytes.ts";
import { ProtocolError } from "../errors.ts";
import { findSlots, type Slot } from "./binary.ts";
import type { DecoderOptions, PacketDecoder } from "./codec.ts";
import { namespaceOf } from "./namespace.ts";
import type { Packet, PacketType } from "./packet.ts";
import { isDataValid } from "./validate.ts";

/** Most digits of an acknowledgement id or attachment count: as many as a safe integer may have. */
const MAX_DIGITS = 16;

/** A packet that waits for its attachments. */
interface Pending {
  readonly packet: Packet;
  readonly slots: Slot[];
  readonly wanted: number;
  readonly buffers: Binary[];
  bytes: number;
}

export class Decoder implements PacketDecoder {
  readonly #options: DecoderOptions;
  readonly #maxBytes: number;
  readonly #maxDepth: number;
  #pending: Pending | undefined;

  constructor(options: DecoderOptions = {}) {
    this.#options = options;
    this.#maxBytes = options.maxBytes ?? Number.POSITIVE_INFINITY;
    this.#maxDepth = options.maxDepth ?? 500;
  }

  get awaiting(): boolean {
    return this.#pending !== undefined;
  }

  reset(): void {
    this.#pending = undefined;
  }

  /**
   * Takes the next frame: text, or an attachment of the text before it. After an error it is as new.
   * @throws ProtocolError when the frame cannot be (part of) a packet, or is beyond a limit
   */
  push(frame: string | Binary): Packet | undefined {
    const pending = this.#pending;
    this.#pending = undefined;
    if (typeof frame !== "string") return this.#attach(frame, pending);
    if (pending) throw new ProtocolError("ERR_SEQUENCE", "an attachment", frame);
    return this.#parse(frame);
  }

  #parse(text: string): Packet | undefined {
    if (text.length > this.#maxBytes) throw tooLarge(this.#maxBytes, text.length);
    let type = text.charCodeAt(0) - 48;
    if (!(type >= 0 && type < 7)) throw new ProtocolError("ERR_TYPE", "a packet type 0-6", text);
    let at = 1;
    let attachments = 0;
    if (type > 4) {
      at = digitsEnd(text, 1);
      attachments = this.#attachments(text, at++);
      type -= 3;
    }
    let nsp = "/";
    if (text.charCodeAt(at) === 47) {
      const comma = text.indexOf(",", at);
      const end = comma < 0 ? text.length : comma;
      nsp = namespaceOf(text.slice(at, end), this.#options);
      at = end + 1;
    }
    const start = at;
    at = digitsEnd(text, at);
    const id = at > start ? ackId(text.slice(start, at)) : undefined;
    const data = at < text.length ? this.#json(text, at) : undefined;
    if (!isDataValid(type, data)) throw new ProtocolError("ERR_DATA", `data of packet type ${type}`, text);
    const packet: Packet = { type: type as PacketType, nsp, data, id };
    if (!attachments) return packet;
    const slots = findSlots(data as Record<string, unknown>, attachments);
    this.#pending = { packet, slots, wanted: attachments, buffers: [], bytes: text.length };
    return undefined;
  }

  #attachments(text: string, end: number): number {
    const max = this.#options.maxAttachments ?? 10;
    const count = end < 1 + MAX_DIGITS && text[end] === "-" ? Number(text.slice(1, end)) : 0;
    if (count > 0 && count <= max) return count;
    throw new ProtocolError("ERR_ATTACHMENTS", `1-${max} attachments`, text);
  }

  #json(text: string, at: number): unknown {
    if (text.length - at > this.#maxDepth && isDeeper(text, at, this.#maxDepth)) {
      throw new ProtocolError("ERR_DEPTH", `JSON nested at most ${this.#maxDepth} levels`, text);
    }
    try {
      return JSON.parse(text.slice(at), this.#options.reviver);
    } catch (cause) {
      throw new ProtocolError("ERR_JSON", "JSON", text, { cause });
    }
  }

  #attach(frame: Binary, pending: Pending | undefined): Packet | undefined {
    if (!pending) throw new ProtocolError("ERR_SEQUENCE", "text", "binary");
    pending.bytes += frame.byteLength;
    if (pending.bytes > this.#maxBytes) throw tooLarge(this.#maxBytes, pending.bytes);
    const { buffers, packet, slots, wanted } = pending;
    if (buffers.push(frame) < wanted) {
      this.#pending = pending;
      return undefined;
    }
    for (const { holder, key, num } of slots) holder[key] = buffers[num];
    return packet;
  }
}

const tooLarge = (max: number, size: number): ProtocolError =>
  new ProtocolError("ERR_TOO_LARGE", `at most ${max} bytes`, size);

/** Where the decimal digits from a place on end. */
function digitsEnd(text: string, at: number): number {
  let end = at;
  for (let code = text.charCodeAt(end); code > 47 && code < 58; code = text.charCodeAt(end)) end++;
  return end;
}

function ackId(digits: string): number {
  const id = digits.length > MAX_DIGITS ? Number.NaN : Number(digits);
  if (Number.isSafeInteger(id)) return id;
  throw new ProtocolError("ERR_ACK_ID", "an acknowledgement id", digits);
}

/** Whether brackets nest beyond a depth; those within strings do not count. */
function isDeeper(text: string, at: number, max: number): boolean {
  let depth = 0;
  let quoted = false;
  for (let i = at; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code === 34) quoted = !quoted;
    else if (quoted) i += code === 92 ? 1 : 0;
    else if ((code | 32) === 123 && ++depth > max) return true;
    else if ((code | 32) === 125) depth--;
  }
  return false;
}
