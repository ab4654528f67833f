/** `socket.io/dist/socket-types`. */
export type { DisconnectReason, Handshake } from "@sockeye/server";
