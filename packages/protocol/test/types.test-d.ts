/** What compiles against the protocol package, and what does not. */
import {
  type Codec,
  Decoder,
  decodePacket,
  Encoder,
  type Packet,
  PacketType,
  ProtocolError,
  type ProtocolErrorCode,
} from "@sockeye/protocol";
import { msgpackCodec } from "@sockeye/protocol/msgpack";
import { expectTypeOf } from "vitest";

expectTypeOf(new Encoder().encode).returns.toEqualTypeOf<Array<string | Uint8Array>>();
expectTypeOf(new Decoder().push).returns.toEqualTypeOf<Packet | undefined>();
expectTypeOf(msgpackCodec).toExtend<Codec>();
expectTypeOf(PacketType.EVENT).toEqualTypeOf<2>();
expectTypeOf<ProtocolError["code"]>().toEqualTypeOf<ProtocolErrorCode>();

const frame = decodePacket("4x");
if (frame.type !== "message") expectTypeOf(frame.data).toEqualTypeOf<string>();

export const packet: Packet = { type: PacketType.ACK, nsp: "/", data: [], id: undefined };
// @ts-expect-error there is no packet type 7
export const unknownType: Packet = { type: 7, nsp: "/" };
// @ts-expect-error the namespace is needed
export const noNamespace: Packet = { type: 2, data: ["a"] };
// @ts-expect-error frames are text or binary
new Decoder().push(5);
// @ts-expect-error codes are a closed list
new ProtocolError("ERR_OTHER", "a", "b");
