/** Socket.IO packets as a client needs them; @sockeye/protocol's codec, which guards servers, proves this one. */
import type { JsonTransform, Packet } from "@sockeye/protocol";
import { Emitter, type NoEvents } from "../emitter.ts";
import type { RawData } from "./engine.ts";

/** The digits of the packet types. Socket.IO protocol, "Packet encoding". */
export const CONNECT = 0;
export const DISCONNECT = 1;
export const EVENT = 2;
export const ACK = 3;
export const CONNECT_ERROR = 4;

/** Event names that belong to Socket.IO itself and never travel. */
export const RESERVED: readonly unknown[] = [
  "connect",
  "connect_error",
  "disconnect",
  "disconnecting",
  "newListener",
  "removeListener",
];

interface Fields {
  [key: string]: unknown;
}

type Json = Fields & { toJSON?: (key?: string) => unknown };

const isObject = (value: unknown): value is Json => typeof value === "object" && value !== null;

const isBinary = (value: unknown): boolean =>
  ArrayBuffer.isView(value) || value instanceof ArrayBuffer || value instanceof Blob;

const json = (value: Json): unknown => (typeof value.toJSON === "function" ? value.toJSON() : value);

function hasBinary(value: unknown): boolean {
  if (!isObject(value)) return false;
  if (isBinary(value)) return true;
  const plain = json(value);
  return plain === value ? Object.values(plain as Json).some(hasBinary) : hasBinary(plain);
}

/** A copy with placeholders where binary was. */
function deconstruct(value: unknown, buffers: unknown[]): unknown {
  if (!isObject(value)) return value;
  if (isBinary(value)) return { _placeholder: true, num: buffers.push(value) - 1 };
  if (Array.isArray(value)) return value.map((item) => deconstruct(item, buffers));
  const plain = json(value);
  if (plain !== value) return deconstruct(plain, buffers);
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, deconstruct(item, buffers)]));
}

/** Puts the buffers in the places of their placeholders. */
function reconstruct(value: unknown, buffers: unknown[]): unknown {
  if (!isObject(value)) return value;
  if (value._placeholder === true) {
    const found = typeof value.num === "number" && buffers[value.num];
    if (found) return found;
    throw new Error("illegal attachments");
  }
  for (const key in value) value[key] = reconstruct(value[key], buffers);
  return value;
}

/** Turns packets into messages. */
export class Encoder {
  private readonly replacer_: JsonTransform | undefined;

  /** @param replacer handed to JSON.stringify */
  constructor(replacer?: JsonTransform) {
    this.replacer_ = replacer;
  }

  /** The text of a packet, then its attachments. */
  encode({ type, nsp, id, data }: Packet): RawData[] {
    const buffers: unknown[] = [];
    let head = `${type}`;
    let body = data;
    if (hasBinary(data)) {
      body = deconstruct(data, buffers);
      head = `${type + 3}${buffers.length}-`;
    }
    if (nsp !== "/") head += `${nsp},`;
    head += id ?? "";
    if (body !== undefined && body !== null) {
      head += JSON.stringify(body, this.replacer_ as (key: string, value: unknown) => unknown);
    }
    return [head, ...buffers];
  }
}

/** What a packet of each type must carry, in the order of the types. */
function isValid(type: number, data: unknown): boolean {
  if (type === DISCONNECT) return data === undefined;
  if (type === CONNECT) return data === undefined || (isObject(data) && !Array.isArray(data));
  if (type === CONNECT_ERROR) return typeof data === "string" || (isObject(data) && !Array.isArray(data));
  if (!Array.isArray(data)) return false;
  const [name] = data;
  return type === ACK || typeof name === "number" || (typeof name === "string" && !RESERVED.includes(name));
}

/** What a decoder can be told. */
export interface DecoderOptions {
  /** Most attachments of one packet. Default 10. */
  maxAttachments?: number | undefined;
  /** Handed to JSON.parse. */
  reviver?: JsonTransform | undefined;
}

const HEAD = /^([0-6])(?:(\d+)-)?(?:(\/[^,]*)(?:,|$))?(\d*)/;

/** Turns messages into packets, which it emits as "decoded". */
export class Decoder extends Emitter<NoEvents, NoEvents, { decoded: (packet: Packet) => void }> {
  private readonly options_: DecoderOptions;
  private packet_: Packet | undefined;
  private buffers_: unknown[] = [];

  constructor(options: DecoderOptions = {}) {
    super();
    this.options_ = options;
  }

  /**
   * Takes the next message.
   * @throws Error when it cannot be (part of) a packet
   */
  add(message: RawData): void {
    if (typeof message === "string") {
      if (this.packet_) throw new Error("got plaintext data when reconstructing a packet");
      const packet = this.parse_(message);
      if (packet.attachments) this.packet_ = packet;
      else this.emitReserved("decoded", packet);
    } else {
      const packet = this.packet_;
      if (!packet) throw new Error("got binary data when not reconstructing a packet");
      if (this.buffers_.push(message) === packet.attachments) {
        const buffers = this.buffers_;
        this.destroy();
        packet.data = reconstruct(packet.data, buffers);
        this.emitReserved("decoded", packet);
      }
    }
  }

  /** Forgets a packet whose attachments have not all come. */
  destroy(): void {
    this.packet_ = undefined;
    this.buffers_ = [];
  }

  private parse_(text: string): Packet {
    const [head, digit, count, nsp = "/", id] = HEAD.exec(text) ?? ([] as string[]);
    const binary = Number(digit) > 4;
    const type = (binary ? Number(digit) - 3 : Number(digit)) as Packet["type"];
    const rest = head === undefined ? text : text.slice(head.length);
    const data: unknown = rest ? JSON.parse(rest, this.options_.reviver) : undefined;
    const attachments = count ? Number(count) : 0;
    if (
      head === undefined ||
      !isValid(type, data) ||
      binary !== !!count ||
      (binary && !(attachments > 0 && attachments <= (this.options_.maxAttachments ?? 10)))
    ) {
      throw new Error("invalid packet");
    }
    const packet: Packet = { type, nsp, data };
    if (id) packet.id = Number(id);
    if (attachments) packet.attachments = attachments;
    return packet;
  }
}
