/** `socket.io/dist/socket`: the class whose prototype tools wrap. */
export { type DisconnectReason, type Event, type Handshake, Socket } from "@sockeye/server";
