/** A bus over NATS; bring your own connection. */
export { NatsBus, nats } from "./bus.ts";
export type { NatsLike, NatsMessage } from "./client.ts";
