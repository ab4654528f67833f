/** Socket.IO packets as one MessagePack map each, as socket.io-msgpack-parser writes and reads them. */
import { type Binary, isBinary, toBytes } from "../bytes.ts";
import { ProtocolError } from "../errors.ts";
import type { Codec, DecoderOptions, PacketDecoder, PacketEncoder } from "../socket/codec.ts";
import { namespaceOf } from "../socket/namespace.ts";
import type { Packet } from "../socket/packet.ts";
import { isDataValid } from "../socket/validate.ts";
import { MsgpackReader } from "./read.ts";
import { MsgpackWriter } from "./write.ts";

/** Each packet is one binary frame, its binary values inside. */
export class MsgpackEncoder implements PacketEncoder {
  /** @throws ProtocolError ERR_DEPTH, ERR_BLOB, ERR_MSGPACK (see MsgpackWriter.write) */
  encode({ type, nsp, data, id }: Packet): Uint8Array[] {
    const packet: Record<string, unknown> = { type: type > 4 ? type - 3 : type, nsp };
    if (data !== undefined && data !== null) packet.data = data;
    if (id !== undefined) packet.id = id;
    const writer = new MsgpackWriter();
    writer.write(packet, -2);
    return [writer.finish()];
  }

  encodeText(): undefined {
    return undefined;
  }
}

/** Of the options, `maxBytes` and `keepQuery` apply: there are no attachments, and no JSON. */
export class MsgpackDecoder implements PacketDecoder {
  readonly awaiting = false;
  readonly #options: DecoderOptions;

  constructor(options: DecoderOptions = {}) {
    this.#options = options;
  }

  /** @throws ProtocolError when the frame is no packet, or is beyond a limit */
  push(frame: string | Binary): Packet {
    if (typeof frame === "string") throw new ProtocolError("ERR_MSGPACK", "binary", frame);
    const { maxBytes = frame.byteLength } = this.#options;
    if (frame.byteLength > maxBytes)
      throw new ProtocolError("ERR_TOO_LARGE", `at most ${maxBytes} bytes`, frame.byteLength);
    const reader = new MsgpackReader(toBytes(frame));
    const packet = toPacket(reader.read(-1), this.#options);
    if (!reader.done) throw new ProtocolError("ERR_MSGPACK", "the end of the packet", "more bytes");
    return packet;
  }

  reset(): void {}
}

function toPacket(value: unknown, options: DecoderOptions): Packet {
  const { type, nsp, data, id } = (value ?? {}) as Partial<Record<keyof Packet, unknown>>;
  if (!isPlainType(type)) throw new ProtocolError("ERR_TYPE", "a packet type 0-4", type);
  if (typeof nsp !== "string") throw new ProtocolError("ERR_NAMESPACE", "a namespace", nsp);
  if (!isDataValid(type, data) || isBinary(data) || data instanceof Date)
    throw new ProtocolError("ERR_DATA", `data of packet type ${type}`, data);
  if (!isAckId(id)) throw new ProtocolError("ERR_ACK_ID", "an acknowledgement id", id);
  return { type, nsp: namespaceOf(nsp, options.keepQuery), data, id };
}

const isPlainType = (type: unknown): type is 0 | 1 | 2 | 3 | 4 =>
  typeof type === "number" && Number.isInteger(type) && type >= 0 && type < 5;

const isAckId = (id: unknown): id is number | undefined =>
  id === undefined || (typeof id === "number" && Number.isSafeInteger(id) && id >= 0);

/** The msgpack encoding, wire compatible with socket.io-msgpack-parser 3. */
export const msgpackCodec: Codec = {
  encoder: () => new MsgpackEncoder(),
  decoder: (options) => new MsgpackDecoder(options),
};
