/** For tests that want a real NATS server. */
export { NatsProcess, natsInstalled, startNatsCluster } from "./nats-server.ts";
