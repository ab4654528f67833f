/** Engine.IO v4 and Socket.IO v5 as values: bytes in, packets out, nothing else. */
export { type Base64, decodeBase64, platformBase64 } from "./base64.ts";
export { type Binary, isBinary, toBytes } from "./bytes.ts";
export { decodePacket, encodePacket } from "./engine/codec.ts";
export { encodeStreamFrame, encodeStreamHeader, FrameStreamDecoder } from "./engine/frame-stream.ts";
export { decodeHandshake, type Handshake } from "./engine/handshake.ts";
export {
  type DecodedEnginePacket,
  ENGINE_PACKET_TYPES,
  ENGINE_PROTOCOL,
  type EnginePacket,
  type EnginePacketType,
} from "./engine/packet.ts";
export {
  decodePacketFromText,
  decodePayload,
  encodePacketAsText,
  encodePayload,
  type PayloadOptions,
} from "./engine/payload.ts";
export { ProtocolError, type ProtocolErrorCode } from "./errors.ts";
export { adaptParser, type ParserLike, type ParserLikeDecoder } from "./socket/adapt-parser.ts";
export { type Attach, type BlobLike, hasBinary, isBlob, resolveBlobs } from "./socket/binary.ts";
export type { Codec, DecoderOptions, JsonTransform, PacketDecoder, PacketEncoder } from "./socket/codec.ts";
export { Decoder, type JsonGuard } from "./socket/decoder.ts";
export { guardDepth } from "./socket/depth.ts";
export { Encoder } from "./socket/encoder.ts";
export { jsonCodec } from "./socket/json-codec.ts";
export { type Packet, PacketType, SOCKET_PROTOCOL } from "./socket/packet.ts";
export { RESERVED_EVENTS } from "./socket/reserved.ts";
export { isPacketValid } from "./socket/validate.ts";
