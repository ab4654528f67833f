/** Engine.IO v3, for servers that let old clients in (`allowEIO3`); never in a client's bundle. */
export { decodePacket, encodePacket, encodePacketAsText } from "./codec.ts";
export { decodePayload, encodeBinaryPayload, encodePayload } from "./payload.ts";
