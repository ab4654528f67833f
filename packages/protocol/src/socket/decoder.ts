/** Frames become Socket.IO packets, or are refused. */
import type { Binary } from "../bytes.ts";
import { ProtocolError } from "../errors.ts";
import { findSlots, type Slot } from "./binary.ts";
import type { DecoderOptions, PacketDecoder } from "./codec.ts";
import { namespaceOf } from "./namespace.ts";
import type { Packet, PacketType } from "./packet.ts";
import { isDataValid } from "./validate.ts";

/** Called before JSON.parse with a frame and where its JSON begins; throws to refuse it. */
export type JsonGuard = (text: string, at: number) => void;

const DEFAULTS: DecoderOptions = {};

/** A packet that waits for its attachments. */
interface Pending {
  readonly packet: Packet;
  readonly slots: Slot[];
  readonly wanted: number;
  readonly buffers: Binary[];
  bytes: number;
}

/** The decoder of the default encoding: one for each connection. */
export class Decoder implements PacketDecoder {
  // Shared by all decoders of a server.
  readonly #options: DecoderOptions;
  readonly #guard: JsonGuard | undefined;
  #pending: Pending | undefined;

  constructor(options: DecoderOptions = DEFAULTS, guard?: JsonGuard) {
    this.#options = options;
    this.#guard = guard;
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
    if (typeof frame === "string") {
      if (pending) throw new ProtocolError("ERR_SEQUENCE", "an attachment", frame);
      this.#limit(frame.length);
      return this.#parse(frame);
    }
    if (!pending) throw new ProtocolError("ERR_SEQUENCE", "text", frame);
    pending.bytes += frame.byteLength;
    this.#limit(pending.bytes);
    return this.#attach(pending, frame);
  }

  #limit(bytes: number): void {
    const max = this.#options.maxBytes ?? bytes;
    if (bytes > max) throw new ProtocolError("ERR_TOO_LARGE", `at most ${max} bytes`, bytes);
  }

  #parse(text: string): Packet | undefined {
    let type = text.charCodeAt(0) - 48;
    if (!(type >= 0 && type < 7)) throw new ProtocolError("ERR_TYPE", "a packet type 0-6", text);
    let at = 1;
    let wanted = 0;
    if (type > 4) {
      const count = digits(text, at);
      at += count.length;
      wanted = this.#attachments(text[at++] === "-" ? safeInteger(count) : 0, text);
      type -= 3;
    }
    let nsp = "/";
    if (text[at] === "/") {
      const comma = text.indexOf(",", at);
      const end = comma < 0 ? text.length : comma;
      nsp = namespaceOf(text.slice(at, end), this.#options.keepQuery);
      at = end + 1;
    }
    const ack = digits(text, at);
    at += ack.length;
    const id = ack ? safeInteger(ack) : undefined;
    if (id === -1) throw new ProtocolError("ERR_ACK_ID", "an ack id", ack);
    const data = at < text.length ? this.#json(text, at) : undefined;
    if (!isDataValid(type, data)) throw new ProtocolError("ERR_DATA", `data of packet type ${type}`, text);
    const packet: Packet = { type: type as PacketType, nsp, data, id };
    if (!wanted) return packet;
    const slots = findSlots(data as Record<string, unknown>, wanted);
    this.#pending = { packet, slots, wanted, buffers: [], bytes: text.length };
    return undefined;
  }

  #attachments(count: number, text: string): number {
    const max = this.#options.maxAttachments ?? 10;
    if (count > 0 && count <= max) return count;
    throw new ProtocolError("ERR_ATTACHMENTS", `1-${max} attachments`, text);
  }

  #json(text: string, at: number): unknown {
    this.#guard?.(text, at);
    try {
      return JSON.parse(text.slice(at), this.#options.reviver);
    } catch (cause) {
      throw new ProtocolError("ERR_JSON", "JSON", text, cause);
    }
  }

  #attach(pending: Pending, frame: Binary): Packet | undefined {
    const { buffers, packet, slots, wanted } = pending;
    if (buffers.push(frame) < wanted) {
      this.#pending = pending;
      return undefined;
    }
    for (const { holder, key, num } of slots) holder[key] = buffers[num];
    return packet;
  }
}

/** The decimal digits from a place on, if any. */
function digits(text: string, at: number): string {
  let end = at;
  for (let code = text.charCodeAt(end); code > 47 && code < 58; code = text.charCodeAt(end)) end++;
  return end > at ? text.slice(at, end) : "";
}

/** A number of at most 16 digits (longer ones are not parsed) within the safe integers, else -1. */
function safeInteger(text: string): number {
  const value = text.length < 17 ? +text : -1;
  return Number.isSafeInteger(value) ? value : -1;
}
