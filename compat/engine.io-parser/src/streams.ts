/** Packets on the byte streams of WebTransport, as transform streams. */
import type { Untyped } from "@sockeye/core";
import {
  type EnginePacket,
  encodeStreamFrame,
  FrameStreamDecoder,
  isBlob,
  ProtocolError,
} from "@sockeye/protocol";
import { toPacket } from "./codec.ts";
import { type BinaryType, ERROR_PACKET, type Packet } from "./packet.ts";

/** Takes packets, gives the header and the bytes of each. */
export function createPacketEncoderStream(): Untyped {
  return new TransformStream<Packet, Uint8Array>({
    async transform({ type, data }, controller) {
      const bytes = isBlob(data) ? await data.arrayBuffer() : data;
      for (const part of encodeStreamFrame({ type, data: bytes } as EnginePacket)) controller.enqueue(part);
    },
  });
}

/** Takes chunks cut anywhere, gives packets; a packet of type "error" is the last one. */
export function createPacketDecoderStream(maxPayload: number, binaryType: BinaryType): Untyped {
  const decoder = new FrameStreamDecoder(maxPayload);
  let failed = false;
  return new TransformStream<Uint8Array, Packet>({
    transform(chunk, controller) {
      if (failed) return;
      try {
        for (const packet of decoder.push(chunk)) controller.enqueue(toPacket(packet, binaryType));
      } catch (error) {
        if (!(error instanceof ProtocolError)) throw error;
        failed = true;
        controller.enqueue(ERROR_PACKET);
      }
    },
  });
}
