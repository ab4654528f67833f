/** How much is kept for clients that come back, and for how long. */
import { type Clock, systemClock } from "@sockeye/core";
import type { AdapterNamespace } from "./contract.ts";

/**
 * Why a session was not recovered: nothing is known of it (any longer), the log does not reach back to what its
 * client has received last, what the client says it has received is not of this session, or the engine that keeps
 * sessions could not be reached.
 */
export type RecoveryFailure = "unknown" | "trimmed" | "offset" | "unavailable";

/** Options of connection state recovery (`connectionStateRecovery` of the server). */
export interface RecoveryOptions {
  /** Whether anything is kept at all; yes by default. */
  enabled?: boolean;
  /** Milliseconds that a disconnected session is kept; two minutes by default. */
  maxDisconnectionDuration?: number;
  /** Sessions kept at a time, the oldest goes first; 10,000 by default. */
  maxSessions?: number;
  /** Packets kept for replay; 100,000 by default. */
  maxPackets?: number;
  /** Estimated bytes of the packets kept for replay; 64 MiB by default. */
  maxBytes?: number;
  /**
   * Milliseconds after which a dead connection has been noticed for sure: what was sent longer than this before
   * a disconnection has been received. By default `pingInterval + 2 * pingTimeout` of the server.
   */
  heartbeat?: number;
  /** The clock; the system's by default. */
  clock?: Clock;
}

interface ServerOptions {
  connectionStateRecovery?: RecoveryOptions | boolean;
  pingInterval?: number;
  pingTimeout?: number;
}

/** The given options over the server's, over the defaults. */
export function resolveRecovery(nsp: AdapterNamespace, given: RecoveryOptions): Required<RecoveryOptions> {
  const {
    connectionStateRecovery,
    pingInterval = 25_000,
    pingTimeout = 20_000,
  } = (nsp.server.opts ?? {}) as ServerOptions;
  return {
    enabled: true,
    maxDisconnectionDuration: 120_000,
    maxSessions: 10_000,
    maxPackets: 100_000,
    maxBytes: 64 * 1024 * 1024,
    heartbeat: pingInterval + 2 * pingTimeout,
    clock: systemClock,
    ...(typeof connectionStateRecovery === "object" ? definedOf(connectionStateRecovery) : undefined),
    ...definedOf(given),
  };
}

// `{ maxBytes: undefined }` means the default, as everywhere in Socket.IO's options.
function definedOf(options: RecoveryOptions): RecoveryOptions {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined));
}
