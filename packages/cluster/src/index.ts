/** Many servers as one, over any bus. */
export type { RecoveryFailure } from "@sockeye/adapter";
export { type Bus, type BusState, notSent, type Undo } from "./bus.ts";
export { BusStatus } from "./bus-status.ts";
export { MessageError } from "./bytes.ts";
export { type Channel, Channels, type ChannelsHome } from "./channels.ts";
export { type ClusterAdapterFactory, cluster } from "./cluster.ts";
export { ClusterAdapter } from "./cluster-adapter.ts";
export type { ClusterState } from "./cluster-state.ts";
export { DurableAdapter } from "./durable-adapter.ts";
export { Emitter, type EmitterOptions } from "./emitter.ts";
export {
  type DurableBus,
  type Log,
  type LogBatch,
  type LogEntry,
  type LogLimits,
  type LogPage,
  resolveLimits,
} from "./log.ts";
export type { ClusterOptions } from "./options.ts";
export { hasMethods, wrongClient, wrongOption } from "./refusal.ts";
export type { Relay } from "./relay.ts";
export { type SharedPortOptions, sharePort } from "./shared-port.ts";
export type { Store } from "./store.ts";
export { ThreadBus, threads } from "./thread-bus.ts";
export { WorkerBus } from "./worker-bus.ts";
export { connectWorkers, workers } from "./workers.ts";
