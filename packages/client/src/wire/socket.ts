/** Socket.IO packets as a client needs them; @sockeye/protocol's codec, which guards servers, proves this one. */
import type { Untyped } from "@sockeye/core";
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

/** A copy in which objects are replaced, where `replace` says by what. */
function map(value: unknown, replace: (value: Fields) => unknown): unknown {
  if (typeof value !== "object" || !value) return value;
  const replaced = replace(value as Fields);
  if (replaced !== undefined) return replaced;
  const copy: Fields = Array.isArray(value) ? ([] as unknown as Fields) : {};
  for (const [key, field] of Object.entries(value)) copy[key] = map(field, replace);
  return copy;
}

/** The text of a packet, then its attachments. */
export function encode({ type, nsp, id, data }: Packet): RawData[] {
  const buffers: unknown[] = [];
  // Not JSON's own replacer: it is asked after toJSON(), which makes an array of millions of numbers of a Buffer.
  const replace = (value: Fields): unknown =>
    ArrayBuffer.isView(value) || value instanceof ArrayBuffer || value instanceof Blob
      ? { _placeholder: true, num: buffers.push(value) - 1 }
      : value.toJSON && map(value.toJSON(), replace);
  const copy = map(data, replace);
  const json = JSON.stringify(buffers.length ? copy : data);
  const head = buffers.length ? `${type + 3}${buffers.length}-` : type;
  return [head + (nsp === "/" ? "" : `${nsp},`) + (id ?? "") + (json ?? ""), ...buffers];
}

// The type; a count of attachments; namespace; acknowledgement id.
const HEAD = /^([0-6])(?:(\d+)-)?(?:(\/[^,]*)(?:,|$))?(\d*)/;

// A type with what its data may be: (u)ndefined, (o)bject, (a)rray that begins with a (n)umber or (s)tring, (s)tring.
const SHAPE = /^(0[uo]|1u|2a[ns]|3a|4[uos])/;

/** Turns messages into packets: the interface of a custom parser's Decoder. */
export interface PacketDecoder {
  on(event: "decoded", listener: (packet: Packet) => void): void;
  /**
   * Takes the next message.
   * @throws Error when it cannot be (part of) a packet
   */
  add(message: RawData): void;
  /** Forgets a packet whose attachments have not all come. */
  destroy(): void;
}

/** @param maxAttachments most of one packet */
export function createDecoder(maxAttachments = 10): PacketDecoder {
  let listener: (packet: Packet) => void;
  let packet: (Packet & { attachments: number }) | undefined;
  let buffers: unknown[];

  const parse = (text: string): typeof packet => {
    const [head = "", digit, count, nsp = "/", id] = HEAD.exec(text) ?? [];
    const binary = Number(digit) > 4;
    const type = (Number(digit) - (binary ? 3 : 0)) as Packet["type"];
    const attachments = Number(count ?? 0);
    const rest = text.slice(head.length);
    const data: Untyped = rest ? JSON.parse(rest) : undefined;
    const shape = Array.isArray(data) ? `a${typeof data[0]}` : typeof (data ?? undefined);
    if (
      !SHAPE.test(type + shape) ||
      (type === EVENT && RESERVED.includes(data[0])) ||
      binary !== attachments > 0 ||
      attachments > maxAttachments
    ) {
      throw new Error("invalid packet");
    }
    return { type, nsp, data, attachments, id: id ? Number(id) : undefined };
  };

  const decoder: PacketDecoder = {
    on(_event, fn) {
      listener = fn;
    },
    add(message) {
      const text = typeof message === "string";
      if (text === !!packet) throw new Error(`unexpected ${typeof message}`);
      if (text) packet = parse(message);
      else buffers.push(message);
      const decoded = packet as Packet & { attachments: number };
      if (buffers.length < decoded.attachments) return;
      if (buffers.length) {
        decoded.data = map(decoded.data, ({ _placeholder, num }) => {
          if (_placeholder !== true) return;
          if (typeof num === "number" && buffers[num]) return buffers[num];
          throw new Error("illegal attachments");
        });
      }
      decoder.destroy();
      listener(decoded);
    },
    destroy() {
      packet = undefined;
      buffers = [];
    },
  };
  decoder.destroy();
  return decoder;
}
