/** `socket.io/dist/broadcast-operator`: the class whose prototype tools wrap. */
export { BroadcastOperator, RemoteSocket } from "@sockeye/server";
