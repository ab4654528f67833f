/** For tests that want a real NATS server. */
export { NatsProcess, natsInstalled } from "./nats-server.ts";
