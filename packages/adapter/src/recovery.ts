/** The adapter that remembers: a client that lost its connection continues where it was. */
import type { Timer } from "@sockeye/core";
import type {
  AdapterNamespace,
  AdapterPacket,
  BroadcastOptions,
  PrivateSessionId,
  Room,
  Session,
  SessionToPersist,
  SocketId,
} from "./contract.ts";
import { deliver } from "./delivery.ts";
import { Adapter } from "./memory.ts";
import { OffsetScale } from "./offset.ts";
import { PresenceTrace } from "./presence-trace.ts";
import { type RecoveryFailure, type RecoveryOptions, resolveRecovery } from "./recovery-options.ts";
import { type LogEntry, ReplayLog } from "./replay-log.ts";
import { type AwaySession, SessionStore } from "./session-store.ts";
import { sizeOf } from "./size.ts";

/** Socket.IO protocol: packet type EVENT. */
const EVENT = 2;

/**
 * Connection state recovery for one server. Every event that needs no acknowledgement gets an offset as its last
 * argument; the client sends the last one it got, or none, with its private session id. Emits
 * `session_expired(session, reason)` when a session can no longer be recovered (reason "timeout" or "evicted"), and
 * `recovery_failed(reason, pid)` with a {@link RecoveryFailure} before `restoreSession` resolves with `null`.
 *
 * The server
 * - MUST call `persistSession` before the socket leaves its rooms, and `delAll` after it;
 * - MUST, when a client comes back while its old socket still counts as connected, close that one first, which
 *   persists it, and only then call `restoreSession`;
 * - MUST read `missedPackets` in the same turn in which the socket becomes connected: events that are sent while
 *   it is being admitted are added to that array;
 * - MUST call `delAll(session.sid)` when the connection is refused after all, so that it may try again.
 */
export class SessionAwareAdapter extends Adapter {
  readonly #options: Required<RecoveryOptions>;
  readonly #offsets = new OffsetScale();
  readonly #log: ReplayLog;
  readonly #sessions: SessionStore;
  readonly #traces = new Map<SocketId, PresenceTrace>();
  #sweeper: Timer;

  constructor(nsp: AdapterNamespace, options: RecoveryOptions = {}) {
    super(nsp);
    this.#options = resolveRecovery(nsp, options);
    const { maxDisconnectionDuration: duration, heartbeat, clock, maxSessions } = this.#options;
    this.#log = new ReplayLog({ ...this.#options, maxAge: duration + heartbeat });
    this.#sessions = new SessionStore(clock, { duration, max: maxSessions }, (session, reason) => {
      if (!this.#isBack(session)) this.emit("session_expired", publicOf(session), reason);
    });
  }

  /** What is kept at the moment: sessions, packets, and the packets' estimated bytes. */
  get recoveryState(): { sessions: number; packets: number; bytes: number } {
    return { sessions: this.#sessions.size, packets: this.#log.size, bytes: this.#log.bytes };
  }

  override close(): Promise<void> | void {
    this.#sessions.clear();
    this.#log.clear();
    this.#options.clock.clearTimeout(this.#sweeper);
    this.#sweeper = undefined;
    return super.close();
  }

  override addAll(id: SocketId, rooms: Set<Room>): Promise<void> | void {
    if (!this.#options.enabled) return super.addAll(id, rooms);
    const returning = this.#sessions.claimedBy(id);
    const trace = this.#traces.get(id) ?? this.#begin(id, returning);
    const joined = this.sids.get(id);
    for (const room of rooms) {
      if (!joined?.has(room) && !returning?.rooms.includes(room)) this.#note(trace, room);
    }
    return super.addAll(id, rooms);
  }

  override del(id: SocketId, room: Room): Promise<void> | void {
    const trace = this.#traces.get(id);
    if (trace && this.sids.get(id)?.has(room)) this.#note(trace, room);
    return super.del(id, room);
  }

  override delAll(id: SocketId): void {
    const claimed = this.#sessions.claimedBy(id);
    if (claimed && !this.#isBack(claimed)) this.#sessions.release(claimed);
    this.#traces.delete(id);
    super.delAll(id);
  }

  override broadcast(packet: AdapterPacket, opts: BroadcastOptions): Promise<void> | void {
    if (!this.#options.enabled || packet.type !== EVENT || packet.id !== undefined) {
      return super.broadcast(packet, opts);
    }
    const data = [...(packet.data as unknown[]), this.#nextOffset(opts)];
    if (!opts.flags?.volatile) this.#keep(data, opts);
    deliver(this, packet, opts, { type: EVENT, data });
  }

  override persistSession(session: SessionToPersist): void {
    if (!this.#options.enabled) return;
    const { clock, heartbeat } = this.#options;
    const now = clock.now();
    const trace = this.#traces.get(session.sid) ?? new PresenceTrace(this.#log.head, now);
    const proven = now - trace.resumedAt >= heartbeat;
    this.#sessions.add({
      ...session,
      trace,
      from: proven ? Math.max(trace.since, this.#log.since(now - heartbeat)) : trace.resumedFrom,
      claim: undefined,
      deadline: 0,
      previousDeadline: undefined,
      nextDeadline: undefined,
    });
  }

  /**
   * The session with the packets that its client has missed, or `null` when it is unknown, expired, being
   * recovered by another connection, or when the offset is not one of this session or no longer covered.
   * @param offset the last one that the client received; `undefined` when it never received any
   */
  override restoreSession(pid: PrivateSessionId, offset: string | undefined): Promise<Session | null> {
    const result = this.#restore(pid, offset);
    if (typeof result !== "string") return Promise.resolve(result);
    this.emit("recovery_failed", result, pid);
    return Promise.resolve(null);
  }

  #restore(pid: PrivateSessionId, offset: string | undefined): Session | RecoveryFailure {
    this.#settle();
    const session = this.#sessions.get(pid);
    if (!session || session.claim) return "unknown";
    const wasSent = audienceOf(session);
    const from = this.#resumePoint(session, offset, wasSent);
    if (typeof from === "string") return from;
    const rooms = new Set([...session.rooms, ...session.trace.changed]);
    const missed = this.#log.find(from, rooms).filter(wasSent);
    const missedPackets = missed.map((entry) => entry.data);
    this.#sessions.claim(session, { from, wasSent, missedPackets });
    return { ...publicOf(session), missedPackets };
  }

  /** The first position that the client may have missed, or why there is none. */
  #resumePoint(
    { trace, from }: AwaySession,
    offset: string | undefined,
    wasSent: (entry: LogEntry) => boolean,
  ): number | RecoveryFailure {
    let next = trace.since;
    if (offset !== undefined) {
      const standing = this.#offsets.read(offset);
      if (!standing || standing.next > this.#log.head) return "offset";
      const received = standing.received === undefined ? undefined : this.#log.at(standing.received);
      if (received && !wasSent(received)) return "offset";
      next = Math.max(next, standing.next);
    }
    // Where the client's own word is older than the log, the heartbeat tells what it has received since.
    const start = next < this.#log.tail ? Math.max(next, from) : next;
    return start < this.#log.tail ? "trimmed" : start;
  }

  #begin(id: SocketId, returning: AwaySession | undefined): PresenceTrace {
    const previous = returning?.claim && { from: returning.claim.from, trace: returning.trace };
    const trace = new PresenceTrace(this.#log.head, this.#options.clock.now(), previous);
    this.#traces.set(id, trace);
    return trace;
  }

  #note(trace: PresenceTrace, room: Room): void {
    trace.change(room, this.#log.tail, this.#log.head);
  }

  // A volatile event carries an offset too: its last argument would be taken for one if it is a string.
  #nextOffset({ flags }: BroadcastOptions): string {
    return flags?.volatile ? this.#offsets.before(this.#log.head) : this.#offsets.at(this.#log.head);
  }

  #keep(data: unknown[], { rooms, except }: BroadcastOptions): void {
    const { clock } = this.#options;
    const audience = { rooms: [...rooms], except: [...(except ?? [])] };
    const size = sizeOf(data) + sizeOf(audience);
    const entry: LogEntry = { position: this.#log.head, at: clock.now(), data, ...audience, size };
    this.#settle();
    for (const { claim } of this.#sessions.claimed) if (claim?.wasSent(entry)) claim.missedPackets.push(data);
    this.#log.append(entry);
    this.#sweeper ??= clock.setTimeout(() => this.#sweep(), this.#retention);
  }

  /** A session whose socket is connected again is no longer away. */
  #settle(): void {
    for (const session of this.#sessions.claimed) if (this.#isBack(session)) this.#sessions.remove(session);
  }

  #isBack(session: AwaySession): boolean {
    return session.claim !== undefined && this.nsp.sockets.has(session.sid);
  }

  get #retention(): number {
    return this.#options.maxDisconnectionDuration + this.#options.heartbeat;
  }

  #sweep(): void {
    const { clock } = this.#options;
    this.#log.trim(clock.now());
    const oldest = this.#log.at(this.#log.tail);
    const wait = oldest && Math.max(1, oldest.at + this.#retention - clock.now());
    this.#sweeper = wait === undefined ? undefined : clock.setTimeout(() => this.#sweep(), wait);
  }
}

/** Tells which packets were sent to this session's socket, or would have been while it was away. */
function audienceOf(session: AwaySession): (entry: LogEntry) => boolean {
  const { trace } = session;
  const rooms = new Set(session.rooms);
  return (entry) => {
    const wasIn = (room: Room): boolean => trace.wasIn(room, entry.position, rooms.has(room));
    if (entry.position < trace.since || entry.except.some(wasIn)) return false;
    return entry.rooms.length === 0 || entry.rooms.some(wasIn);
  };
}

function publicOf({ sid, pid, rooms, data }: SessionToPersist): SessionToPersist {
  return { sid, pid, rooms, data };
}
