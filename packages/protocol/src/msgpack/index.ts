/** The msgpack encoding of Socket.IO packets; never in a bundle that does not ask for it. */
export { MsgpackDecoder, MsgpackEncoder, msgpackCodec } from "./codec.ts";
