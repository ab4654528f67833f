/** The sessions of clients that are away: found by private id, gone after a while, bounded in number. */
import { type Clock, type Deadline, DeadlineQueue } from "@sockeye/core";
import type { PrivateSessionId, SessionToPersist, SocketId } from "./contract.ts";
import type { PresenceTrace } from "./presence-trace.ts";
import type { LogEntry } from "./replay-log.ts";

/** Why a session can no longer be recovered: its time is over, or newer ones needed the place. */
export type ExpiryReason = "timeout" | "evicted";

/** A session whose client is away, or on its way back. */
export interface AwaySession extends SessionToPersist, Deadline {
  readonly trace: PresenceTrace;
  /** The client may have missed anything from this position on, and has received all before. */
  readonly from: number;
  /** Set while a connection that recovers the session is being admitted. */
  claim: Claim | undefined;
}

/** What a connection that recovers a session has been given. */
export interface Claim {
  from: number;
  /** Whether a packet was sent to this session. */
  wasSent(entry: LogEntry): boolean;
  missedPackets: unknown[][];
}

/** Bounded in time and number; whatever leaves without being taken out is reported. */
export class SessionStore {
  readonly #byPid = new Map<PrivateSessionId, AwaySession>();
  readonly #claimed = new Map<SocketId, AwaySession>();
  readonly #deadlines: DeadlineQueue<AwaySession>;
  readonly #max: number;
  readonly #expired: (session: AwaySession, reason: ExpiryReason) => void;

  constructor(
    clock: Clock,
    limits: { duration: number; max: number },
    expired: (session: AwaySession, reason: ExpiryReason) => void,
  ) {
    this.#max = limits.max;
    this.#expired = expired;
    this.#deadlines = new DeadlineQueue(clock, limits.duration, (session) =>
      this.#expire(session, "timeout"),
    );
  }

  get size(): number {
    return this.#byPid.size;
  }

  /** The sessions that are being recovered right now. */
  get claimed(): Iterable<AwaySession> {
    return this.#claimed.values();
  }

  get(pid: PrivateSessionId): AwaySession | undefined {
    return this.#byPid.get(pid);
  }

  /** The session that is being recovered by the socket with this id. */
  claimedBy(sid: SocketId): AwaySession | undefined {
    return this.#claimed.get(sid);
  }

  add(session: AwaySession): void {
    const previous = this.#byPid.get(session.pid);
    if (previous) this.remove(previous);
    this.#byPid.set(session.pid, session);
    this.#deadlines.renew(session);
    if (this.#byPid.size > this.#max) {
      const [oldest] = this.#byPid.values();
      this.#expire(oldest as AwaySession, "evicted");
    }
  }

  remove(session: AwaySession): void {
    this.#byPid.delete(session.pid);
    this.#claimed.delete(session.sid);
    this.#deadlines.remove(session);
  }

  claim(session: AwaySession, claim: Claim): void {
    session.claim = claim;
    this.#claimed.set(session.sid, session);
  }

  /** The connection that claimed the session came to nothing: another one may. */
  release(session: AwaySession): void {
    session.claim = undefined;
    this.#claimed.delete(session.sid);
  }

  clear(): void {
    for (const session of this.#byPid.values()) this.remove(session);
  }

  #expire(session: AwaySession, reason: ExpiryReason): void {
    this.remove(session);
    this.#expired(session, reason);
  }
}
