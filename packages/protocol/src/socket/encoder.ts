/** Socket.IO packets as text, with binary values as frames of their own behind it. */
import { type Attach, attachBytes, deconstruct, hasBinary } from "./binary.ts";
import type { JsonTransform, PacketEncoder } from "./codec.ts";
import { ACK, EVENT, type Packet } from "./packet.ts";

export class Encoder implements PacketEncoder {
  readonly #replacer: JsonTransform | undefined;

  readonly #attach: Attach;

  /**
   * @param replacer handed to JSON.stringify
   * @param attach makes the frames of binary values; the default refuses Blobs
   */
  constructor(replacer?: JsonTransform, attach: Attach = attachBytes) {
    this.#replacer = replacer;
    this.#attach = attach;
  }

  /**
   * Encodes a packet: its text, then its attachments as they came (an ArrayBuffer or view as a Uint8Array on it).
   * @throws ProtocolError ERR_DEPTH (nested beyond 1000 levels, or cyclic), ERR_BLOB
   * @throws TypeError what JSON.stringify throws (BigInt)
   */
  encode(packet: Packet): Array<string | Uint8Array> {
    const text = this.encodeText(packet);
    if (text !== undefined) return [text];
    const { data, attachments } = deconstruct(packet.data, this.#attach);
    const type = plainType(packet) + 3;
    return [this.#text(packet, `${type}${attachments.length}-`, data), ...attachments];
  }

  /** The text of a packet without binary, else undefined. Throws as `encode` does. */
  encodeText(packet: Packet): string | undefined {
    const type = plainType(packet);
    const { data } = packet;
    return (type === EVENT || type === ACK) && hasBinary(data)
      ? undefined
      : this.#text(packet, `${type}`, data);
  }

  #text({ nsp, id }: Packet, head: string, data: unknown): string {
    let text = head;
    if (nsp && nsp !== "/") text += `${nsp},`;
    if (id !== undefined) text += id;
    if (data === undefined || data === null) return text;
    return text + JSON.stringify(data, this.#replacer);
  }
}

/** Packets made by hand may say BINARY_EVENT or BINARY_ACK; their data decides. */
const plainType = ({ type }: Packet): number => (type > 4 ? type - 3 : type);
