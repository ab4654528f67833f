/** A bus over NATS, and one with a memory over JetStream; bring your own connection. */
export { NatsBus, nats } from "./bus.ts";
export type { JetStreamConnection, NatsHeaders, NatsLike, NatsMessage } from "./client.ts";
export { type JetStreamDurableBus, type JetStreamOptions, jetStream } from "./jetstream.ts";
