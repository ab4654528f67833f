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

/** The text of a packet, then its attachments. */
export function encode({ type, nsp, id, data }: Packet): RawData[] {
  const buffers: unknown[] = [];
  const json = JSON.stringify(data, function (this: Record<string, unknown>, key, value) {
    // Before toJSON() and after it.
    const binary = [this[key], value].find(
      (item) => ArrayBuffer.isView(item) || item instanceof ArrayBuffer || item instanceof Blob,
    );
    return binary ? { _placeholder: true, num: buffers.push(binary) - 1 } : value;
  });
  const head = buffers.length ? `${type + 3}${buffers.length}-` : type;
  return [head + (nsp === "/" ? "" : `${nsp},`) + (id ?? "") + (json ?? ""), ...buffers];
}

// A binary type with the count of attachments, or another type; namespace; acknowledgement id; JSON.
const PACKET = /^(?:([56])([1-9]\d*)-|([0-4]))(?:(\/[^,]*)(?:,|$))?(\d*)\s*(.*)/s;

// A type with how its JSON begins: an object, nothing, an array with a name or number in front, an array, text.
const SHAPE = /^(0({|$)|1$|2\[\s*["\d-]|3\[|4($|["{]))/;

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

function refuse(): never {
  throw new Error("invalid packet");
}

/** @param maxAttachments most of one packet */
export function createDecoder(maxAttachments = 10): PacketDecoder {
  let listener: (packet: Packet) => void;
  /** What is known of the packet whose attachments are awaited. */
  let parts: Untyped[] | undefined;
  let buffers: unknown[];

  /** Puts an attachment where its placeholder is. */
  const revive = (_key: string, value: Untyped): unknown =>
    value?._placeholder === true ? (buffers.find((_, at) => at === value.num) ?? refuse()) : value;

  const decoder: PacketDecoder = {
    on(_event, fn) {
      listener = fn;
    },
    add(message) {
      const text = typeof message === "string";
      if (text === !!parts) refuse();
      if (text) parts = PACKET.exec(message) ?? refuse();
      else buffers.push(message);
      const [, binary, count = 0, type = binary - 3, nsp = "/", id, json] = parts as Untyped[];
      if (count > maxAttachments || !SHAPE.test(type + json)) refuse();
      if (buffers.length < count) return;
      const packet: Untyped = { type: +type, nsp };
      if (id) packet.id = +id;
      if (json) packet.data = JSON.parse(json, count && revive);
      if (packet.type === EVENT && RESERVED.includes(packet.data[0])) refuse();
      decoder.destroy();
      listener(packet);
    },
    destroy() {
      parts = undefined;
      buffers = [];
    },
  };
  decoder.destroy();
  return decoder;
}
