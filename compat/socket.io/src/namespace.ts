/** `socket.io/dist/namespace`. */
export { type ExtendedError, Namespace } from "@sockeye/server";
