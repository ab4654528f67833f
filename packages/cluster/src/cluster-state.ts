/** How the cluster looks from here. */
import type { BusState } from "./bus.ts";
import type { OutboxCounts } from "./outbox.ts";

/** The state of the cluster as one server sees it; the argument of the event `cluster_state`. */
export interface ClusterState {
  /** Whether messages get through to other servers; local ones always do. */
  bus: BusState;
  /** How many servers there are, this one included. */
  servers: number;
  /** What has been counted since the start. */
  counts: OutboxCounts & {
    /** Envelopes that were no messages of this protocol, and ignored. */
    malformed: number;
    /** Envelopes received from other servers. */
    received: number;
    /** Topics that are subscribed for rooms. */
    roomTopics: number;
    /** Requests and WebSockets that were relayed to the server that has their session; 0 with sticky sessions. */
    relayed: number;
  };
  /** Why the bus or a subscription failed, when that is the news. */
  error?: unknown;
}
