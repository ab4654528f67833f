/** Socket.IO packets as a client needs them; @sockeye/protocol's codec, which guards servers, proves this one. */
import type { Packet } from "@sockeye/protocol";
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
  toJSON?(): unknown;
}

const isObject = (value: unknown): value is Fields => typeof value === "object" && value !== null;

/** A copy in which objects are replaced, where `replace` says by what. */
function map(value: unknown, replace: (value: Fields) => unknown): unknown {
  if (!isObject(value)) return value;
  const replaced = replace(value);
  if (replaced !== undefined) return replaced;
  const copy: Fields = Array.isArray(value) ? ([] as unknown as Fields) : {};
  for (const key of Object.keys(value)) copy[key] = map(value[key], replace);
  return copy;
}

/** The text of a packet, then its attachments. */
export function encode({ type, nsp, id, data }: Packet): RawData[] {
  const buffers: unknown[] = [];
  const replace = (value: Fields): unknown =>
    ArrayBuffer.isView(value) || value instanceof ArrayBuffer || value instanceof Blob
      ? { _placeholder: true, num: buffers.push(value) - 1 }
      : value.toJSON && map(value.toJSON(), replace);
  const copy = map(data, replace);
  const binary = buffers.length > 0;
  const json = JSON.stringify(binary ? copy : data);
  const head = binary ? `${type + 3}${buffers.length}-` : type;
  return [head + (nsp === "/" ? "" : `${nsp},`) + (id ?? "") + (json ?? ""), ...buffers];
}

/** Whether the data of a packet fits its type. */
function isValid(type: number, data: unknown): boolean {
  if (type === EVENT || type === ACK) {
    if (!Array.isArray(data)) return false;
    const [name] = data;
    return type === ACK || typeof name === "number" || (typeof name === "string" && !RESERVED.includes(name));
  }
  if (data === undefined) return true;
  return (
    type !== DISCONNECT && !Array.isArray(data) && (isObject(data) || (type > 3 && typeof data === "string"))
  );
}

// The type, with a count of attachments where it is a binary one; namespace; acknowledgement id.
const HEAD = /^(?:([0-4])|([56])(\d+)-)(?:(\/[^,]*)(?:,|$))?(\d*)/;

/** Turns messages into packets, which it hands to the listener of "decoded": the interface of a custom parser. */
export class Decoder {
  private readonly maxAttachments_: number;
  private listener_: ((packet: Packet) => void) | undefined;
  private packet_: Packet | undefined;
  private buffers_: unknown[] = [];

  /** @param maxAttachments most of one packet */
  constructor(maxAttachments = 10) {
    this.maxAttachments_ = maxAttachments;
  }

  on(_event: "decoded", listener: (packet: Packet) => void): void {
    this.listener_ = listener;
  }

  /**
   * Takes the next message.
   * @throws Error when it cannot be (part of) a packet
   */
  add(message: RawData): void {
    const text = typeof message === "string";
    if (text === !!this.packet_) throw new Error(`unexpected ${typeof message}`);
    if (text) this.packet_ = this.parse_(message);
    else this.buffers_.push(message);
    const packet = this.packet_ as Packet;
    const buffers = this.buffers_;
    if (buffers.length < (packet.attachments ?? 0)) return;
    this.destroy();
    if (buffers.length) {
      packet.data = map(packet.data, ({ _placeholder, num }) => {
        if (_placeholder !== true) return;
        if (typeof num === "number" && buffers[num]) return buffers[num];
        throw new Error("illegal attachments");
      });
    }
    this.listener_?.(packet);
  }

  /** Forgets a packet whose attachments have not all come. */
  destroy(): void {
    this.packet_ = undefined;
    this.buffers_ = [];
  }

  private parse_(text: string): Packet {
    const [head = "", plain, binary, count = 0, nsp = "/", id] = HEAD.exec(text) ?? [];
    const type = Number(plain ?? Number(binary) - 3) as Packet["type"];
    const rest = text.slice(head.length);
    const data: unknown = rest ? JSON.parse(rest) : undefined;
    const attachments = Number(count);
    if (!head || !isValid(type, data) || (binary && !attachments) || attachments > this.maxAttachments_) {
      throw new Error("invalid packet");
    }
    return { type, nsp, data, attachments, id: id ? Number(id) : undefined };
  }
}
