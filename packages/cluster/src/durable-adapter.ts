/** The adapter of a cluster with a log: a client continues on any server where it was. */
import {
  type AdapterNamespace,
  type AdapterPacket,
  type AdapterSocket,
  type BroadcastOptions,
  deliver,
  deliverTo,
  type PrivateSessionId,
  type RecoveryFailure,
  type Room,
  resolveRecovery,
  type Session,
  type SessionToPersist,
  type SharedRecords,
  type SocketId,
} from "@sockeye/adapter";
import { Reader, Writer } from "./bytes.ts";
import { ClusterAdapter } from "./cluster-adapter.ts";
import type { ClusterState } from "./cluster-state.ts";
import { type Mark, markOf } from "./head-start.ts";
import { type Entered, isGap, isPlace } from "./journal.ts";
import { isSelected, packTarget, unpackTarget } from "./local-namespace.ts";
import type { LogEntry, LogPage } from "./log.ts";
import type { Logged } from "./message.ts";
import { isMarked, markedBy, marksOf, momentOf, positionOf, type Said } from "./moment.ts";
import type { ClusterNode } from "./node.ts";
import { PastRooms } from "./past-rooms.ts";
import { type Held, type LiveSession, SessionBook } from "./session-book.ts";
import { type SessionRecord, traceOf } from "./session-record.ts";
import { SessionTrace } from "./session-trace.ts";
import { readValue, sendable, writeValue } from "./value.ts";

/** Socket.IO protocol: packet type EVENT. */
const EVENT = 2;

const PID = /^[\w-]{16,64}$/;
/** A position, and perhaps a {@link Mark}. */
const OFFSET = /^~?([0-9a-z]{1,11})(!.*)?$/;

/** A session on its way back, until its socket is connected. */
interface Claim {
  readonly record: SessionRecord;
  readonly owner: string;
  readonly trace: SessionTrace;
  from: number;
  /** Up to which of this server's broadcasts it has had them, from the log or before. */
  had: number;
  /** How many of this server's broadcasts were known to be in the log when that was read. */
  settled: number;
  /** Up to here its packets come from the log, later ones as they are handed on; not known while it is read. */
  cut: number | undefined;
  readonly early: Entered[];
  readonly missedPackets: unknown[][];
}

/**
 * Broadcasts that need no acknowledgement, and are neither volatile nor local, go through the log and come to all
 * sockets from there, those of this server included. Emits `recovery_failed(reason, pid)` as other adapters that
 * recover sessions do.
 */
export class DurableAdapter extends ClusterAdapter {
  readonly #node: ClusterNode;
  readonly #book: SessionBook;
  readonly #claims = new Map<SocketId, Claim>();
  /** Sockets that have had from the log what is still to be handed on here: up to which position. */
  readonly #cuts = new Map<SocketId, number>();
  /** Sockets that have had what is still to come by the log: up to which of this server's broadcasts. */
  readonly #had = new Map<SocketId, number>();
  readonly #past = new PastRooms();
  readonly #traces = new Map<SocketId, SessionTrace>();
  /** Sockets that have come back, and what they have had before it was in the log. */
  readonly #returned = new Map<SocketId, readonly Mark[]>();
  /** The latest attempt to continue each session; earlier ones of the same client are given up. */
  readonly #attempts = new Map<PrivateSessionId, symbol>();

  constructor(nsp: AdapterNamespace, node: ClusterNode) {
    super(nsp, node);
    this.#node = node;
    const { maxDisconnectionDuration: duration, heartbeat, maxSessions } = resolveRecovery(nsp, {});
    const { prefix, clock } = node.options;
    this.#book = new SessionBook(
      node.store,
      clock,
      { prefix, duration, heartbeat, maxSessions },
      {
        nsp: nsp.name,
        node: node.id,
        handedOn: () => this.#journal.handedOn,
        lost: (session) => this.#abandon(session.sid),
      },
    );
  }

  /** Records of this namespace, shared with the other servers. */
  get records(): SharedRecords {
    const { store, id } = this.#node;
    const nameOf = (key: string): string => `${this.#node.options.prefix}.record.${this.nsp.name}.${key}`;
    return {
      hold: (key, value, ttl) => store.hold(nameOf(key), id, writeValue(new Writer(), value).written, ttl),
      seize: async (key) => {
        const value = await store.seize(nameOf(key), id);
        return value && readValue(new Reader(value));
      },
      release: (key) => store.release(nameOf(key), id),
    };
  }

  get #journal(): ClusterNode["journal"] {
    return this.#node.journal;
  }

  override async close(): Promise<void> {
    await this.#book.close();
    await super.close();
  }

  protected override stateChanged(state: ClusterState): void {
    this.#book.reachable = state.bus === "up";
    super.stateChanged(state);
  }

  // --- what is sent ---

  /** Resolves when the broadcast is in the log, where it goes through the log. */
  override broadcast(packet: AdapterPacket, opts: BroadcastOptions): Promise<void> | void {
    if (opts.flags?.volatile || opts.flags?.local || packet.type !== EVENT || packet.id !== undefined) {
      return super.broadcast(packet, opts);
    }
    const args = packet.data as unknown[];
    return this.#journal.append({ nsp: this.nsp.name, to: packTarget(opts), args });
  }

  /** What is not in the log tells a position too: the last argument would be taken for one if it is a string. */
  protected override deliverHere(packet: AdapterPacket, opts: BroadcastOptions): void {
    if (packet.type !== EVENT || packet.id !== undefined) return void super.deliverHere(packet, opts);
    const ahead = this.#ahead(this.#journal.delivered);
    deliver(this, packet, without(opts, ahead), this.#unlogged(packet));
    for (const id of ahead) if (this.#selects(id, opts)) this.#handTo(id, packet, opts);
  }

  /** The log cannot be reached: sockets here need not wait for it. */
  protected override ahead(order: Logged): void {
    const said = this.#own(order);
    const packet: AdapterPacket = { type: EVENT, data: order.args };
    const opts = unpackTarget(order.to);
    const apart = new Set([
      ...this.#ahead(this.#journal.delivered),
      ...this.#had.keys(),
      ...this.#past.movedSince(said),
    ]);
    deliver(this, packet, without(opts, [...apart]), this.#unlogged(packet));
    for (const id of apart) if (this.#isOwed(id, said)) this.#handTo(id, packet, opts);
    this.#past.settle(said);
    for (const claim of this.#claims.values()) if (claim.cut !== undefined) this.#offer(claim, said);
  }

  /** It leaves now: what this server has said to it before cannot come by the log any longer. */
  farewell(id: SocketId): void {
    for (const order of this.#journal.waiting) {
      if (order.nsp !== this.nsp.name || !this.#isOwed(id, this.#own(order))) continue;
      // A listener for what goes out may disconnect it too.
      this.#had.set(id, order.copy);
      this.#handTo(id, { type: EVENT, data: order.args }, unpackTarget(order.to));
    }
  }

  /** A broadcast of this server that is on its way to the log. */
  #own(order: Logged): Said {
    return { order, from: this.#node.id, position: Number.POSITIVE_INFINITY };
  }

  /** Whether it was for the socket, which has not had it. */
  #isOwed(id: SocketId, said: Said): boolean {
    return said.order.copy > (this.#had.get(id) ?? 0) && this.#wasFor(id, said);
  }

  #handTo(id: SocketId, packet: AdapterPacket, { flags }: BroadcastOptions): void {
    deliverTo(this.nsp, [id], packet, flags, this.#unlogged(packet, this.#cuts.get(id)));
  }

  #unlogged({ data }: AdapterPacket, position: number = this.#journal.delivered): AdapterPacket {
    return { type: EVENT, data: [...(data as unknown[]), `~${this.#offset(position)}`] };
  }

  #offset(position: number): string {
    return position.toString(36) + this.#journal.mark();
  }

  /** An entry of the log, in its turn. */
  protected override entered(entered: Entered): void {
    const { order, position, late, known } = entered;
    const offset = this.#offset(position);
    const data = [...order.args, offset];
    for (const [id, claim] of this.#claims) {
      if (this.nsp.sockets.has(id)) this.#settle(id);
      else if (claim.cut === undefined) claim.early.push(entered);
      else if (position > claim.cut) this.#offer(claim, entered);
    }
    const had = [...this.#ahead(position - 1), ...this.#informed(entered)];
    const packet: AdapterPacket = { type: EVENT, data: order.args };
    const wire: AdapterPacket = { type: EVENT, data, json: withLast(order.json, offset) };
    const opts = unpackTarget(order.to);
    if (!known) {
      const moved = this.#past.movedSince(entered);
      const strangers = late ? this.#strangers(entered) : [];
      deliver(this, packet, without(opts, [...had, ...moved, ...strangers]), wire);
      const owed = moved.filter((id) => !had.includes(id) && this.#wasFor(id, entered));
      if (owed.length > 0) deliverTo(this.nsp, owed, packet, opts.flags, wire);
    }
    this.#settleOwn(entered);
  }

  /** The sockets that have had an entry before it was in the log, on another server or as they came here. */
  #informed(entered: Entered): SocketId[] {
    const ids: SocketId[] = [];
    for (const [id, marks] of this.#returned) if (isMarked(marks, entered)) ids.push(id);
    if (entered.from !== this.#node.id) return ids;
    for (const [id, had] of this.#had) if (entered.order.copy <= had) ids.push(id);
    return ids;
  }

  /** What was said here up to this one has come. */
  #settleOwn(entered: Entered): void {
    if (entered.from !== this.#node.id) return;
    this.#past.settle(entered);
    for (const [id, had] of this.#had) if (had <= entered.order.copy) this.#had.delete(id);
  }

  /** The sockets that have had everything up to some position beyond this one. */
  #ahead(position: number): SocketId[] {
    const ids: SocketId[] = [];
    for (const [id, cut] of this.#cuts) {
      if (cut <= this.#journal.delivered) this.#cuts.delete(id);
      else if (cut > position) ids.push(id);
    }
    return ids;
  }

  /** The sockets that an entry read later must not reach: they came into its rooms after it. */
  #strangers(entered: Entered): SocketId[] {
    const ids: SocketId[] = [];
    for (const [id, trace] of this.#traces) if (!trace.concerns(entered)) ids.push(id);
    return ids;
  }

  #selects(id: SocketId, opts: BroadcastOptions): boolean {
    const joined = this.sids.get(id);
    return joined !== undefined && isSelected(opts, (room) => joined.has(room));
  }

  /** Whether a socket was selected when it was said. */
  #wasFor(id: SocketId, said: Said): boolean {
    const joined = this.sids.get(id);
    const wasIn = (room: Room): boolean => this.#past.wasIn(id, room, said) ?? joined?.has(room) ?? false;
    return this.#past.wasIn(id, undefined, said) !== false && isSelected(said.order.to, wasIn);
  }

  // --- where sockets are ---

  /** A promise when the rooms are not heard of or not written yet, done when they are. */
  override addAll(id: SocketId, rooms: Set<Room>): Promise<void> | void {
    const trace = this.#traceOf(id);
    const pending: Array<Promise<unknown>> = [];
    let news = false;
    for (const room of rooms) {
      const heard = this.rooms.has(room)
        ? this.#journal.pending(this.nsp.name, room)
        : this.#follow(trace, room);
      if (heard) pending.push(heard);
      if (!trace.join(room, this.#journal.momentOf(this.nsp.name))) continue;
      this.#note(id, room, false);
      news = true;
    }
    const joined = super.addAll(id, rooms);
    const session = this.#book.get(id) ?? this.#enrol(id, trace);
    if (session && positionOf(trace.since) === 0) pending.push(this.#dateLater(session));
    if (session && news) pending.push(this.#book.changed(session));
    return pending.length === 0 ? joined : Promise.all([joined, ...pending]).then(() => {});
  }

  override del(id: SocketId, room: Room): Promise<void> | void {
    const existed = this.rooms.has(room);
    const news = this.#traces.get(id)?.leave(room, this.#journal.momentOf(this.nsp.name));
    const left = super.del(id, room);
    const unwatch = (): void => this.#journal.unwatch(this.nsp.name, room);
    const isDeserted = existed && !this.rooms.has(room);
    if (news) this.#note(id, room, true, isDeserted ? unwatch : undefined);
    else if (isDeserted) unwatch();
    const session = this.#book.get(id);
    if (session && news) void this.#book.changed(session);
    return left;
  }

  override delAll(id: SocketId): void {
    const rooms = [...(this.sids.get(id) ?? [])];
    const session = this.#book.get(id);
    if (session) this.#book.drop(session);
    this.#settle(id);
    this.#cuts.delete(id);
    this.#had.delete(id);
    this.#past.forget(id);
    this.#returned.delete(id);
    this.#traces.delete(id);
    super.delAll(id);
    for (const room of rooms) if (!this.rooms.has(room)) this.#journal.unwatch(this.nsp.name, room);
  }

  /** What was said before and is still to come by the log finds the rooms of that time. */
  #note(id: SocketId, room: Room | undefined, was: boolean, release?: () => void): void {
    const marks = this.#journal.awaited(this.nsp.name);
    if (marks.length > 0) this.#past.note(id, { room, was, marks, ...(release && { release }) });
    else release?.();
  }

  #traceOf(id: SocketId): SessionTrace {
    let trace = this.#traces.get(id);
    if (!trace) {
      const { delivered } = this.#journal;
      trace = this.#claims.get(id)?.trace ?? new SessionTrace({ since: delivered, stays: [], ended: [] });
      this.#traces.set(id, trace);
    }
    return trace;
  }

  /** Follows a room that is new here; what was in it before is not for the one who joins. */
  async #follow(trace: SessionTrace, room: Room): Promise<void> {
    const known = trace.rooms.includes(room);
    await this.#journal.watch(this.nsp.name, room);
    if (!known) trace.heardAfter(room, this.#journal.startOf(this.nsp.name, room));
  }

  // --- sessions ---

  #enrol(id: SocketId, trace: SessionTrace): LiveSession | undefined {
    const socket = this.nsp.sockets.get(id) as (AdapterSocket & { pid?: string }) | undefined;
    const pid = socket?.pid;
    if (!socket || typeof pid !== "string" || !PID.test(pid)) return undefined;
    const claim = this.#claims.get(id);
    if (claim) this.#resume(id, claim);
    else {
      trace.since = this.#journal.momentOf(this.nsp.name);
      this.#note(id, undefined, false);
    }
    const session: LiveSession = {
      pid,
      sid: id,
      owner: claim?.owner ?? this.#book.nextOwner(),
      trace,
      began: this.#node.options.clock.now(),
      received: claim?.from ?? positionOf(trace.since),
      marks: claim?.record.marks ?? [],
      data: () => socket.data,
    };
    // Also of one that is written down already: an attempt that its client has given up may have taken it since.
    void this.#book.open(session);
    return session;
  }

  /** Its client is back. */
  #resume(id: SocketId, { record: { marks }, had }: Claim): void {
    if (marks.length > 0) this.#returned.set(id, marks);
    if (had > this.#journal.heard) this.#had.set(id, had);
    this.#settle(id);
  }

  /** Its client came before the log was reached: nothing up to that moment was for it. */
  async #dateLater({ sid, trace }: LiveSession): Promise<void> {
    await this.#journal.begun;
    // What was said here since it came is for it, and comes later.
    const { since } = trace;
    if (positionOf(since) === 0) trace.since = momentOf(this.#journal.delivered, marksOf(since));
    const session = this.#book.get(sid);
    if (session) await this.#book.changed(session);
  }

  override persistSession({ sid, data }: SessionToPersist): void {
    const session = this.#book.get(sid);
    if (session) this.#book.persist(session, data);
  }

  /** Ends the connection of a session that its client has left, and tells its last words. */
  protected override yieldSession(pid: PrivateSessionId): unknown {
    const session = this.#book.find(pid);
    if (session) this.#abandon(session.sid);
    const words = this.#book.lastWords(pid);
    return words ? { ...words, data: sendable("socket.data", words.data) } : null;
  }

  #abandon(sid: SocketId): void {
    const socket = this.nsp.sockets.get(sid);
    if (!socket) return;
    if (socket.client.abandon) socket.client.abandon();
    else socket.disconnect(true);
  }

  /**
   * The session with the packets that its client has missed on whichever server; `null` and the event
   * `recovery_failed` when it cannot go on. Waits for the engine for `requestTimeout` milliseconds.
   */
  override async restoreSession(pid: PrivateSessionId, offset: string | undefined): Promise<Session | null> {
    const result = PID.test(pid) ? await this.#attempt(pid, offset) : "unknown";
    if (typeof result !== "string") return result;
    this.emit("recovery_failed", result, pid);
    return null;
  }

  async #attempt(pid: PrivateSessionId, offset: string | undefined): Promise<Session | RecoveryFailure> {
    const attempt = Symbol();
    this.#attempts.set(pid, attempt);
    const isLatest = (): boolean => this.#attempts.get(pid) === attempt;
    try {
      return await this.#restore(pid, offset, isLatest);
    } finally {
      if (isLatest()) this.#attempts.delete(pid);
    }
  }

  async #restore(
    pid: PrivateSessionId,
    offset: string | undefined,
    isLatest: () => boolean,
  ): Promise<Session | RecoveryFailure> {
    const session = { pid, owner: this.#book.nextOwner() };
    const standing = offset === undefined ? undefined : standingOf(offset);
    const record = await this.#patiently(() => this.#take(session, standing?.mark, isLatest), isLatest);
    if (record === "unavailable") return record;
    if (!record || !isLatest()) return "unknown";
    const from = offset === undefined ? positionOf(record.trace.since) : standing?.position;
    const found = from === undefined ? "offset" : await this.#claim(record, session.owner, from, isLatest);
    if (typeof found !== "string") {
      const { sid, data } = record;
      if (!isLatest()) {
        if (this.#claims.get(sid) === found) this.#settle(sid);
        return "unknown";
      }
      return { sid, pid, rooms: found.trace.rooms, data, missedPackets: found.missedPackets };
    }
    return found;
  }

  /**
   * Makes the session this server's, and tells the latest of it; rejects when the engine cannot be reached. It is written
   * down before its client is let in: whoever takes it over next asks the server that had it last.
   */
  async #take(
    session: Held,
    mark: Mark | undefined,
    isLatest: () => boolean,
  ): Promise<SessionRecord | undefined> {
    for (let isAsked = false; ; isAsked = true) {
      const latest = await this.#seize(session, isAsked);
      if (!latest && isAsked) return undefined;
      const record = latest && { ...latest, node: this.#node.id, marks: markedBy(latest.marks, mark) };
      if (record && (await this.#book.adopt(session, record))) return record;
      // Its server has come to write it down just now, or an attempt that its client has given up has taken it.
      if (!isLatest()) return undefined;
    }
  }

  /** @param isAsked whether the other servers have been asked already */
  async #seize(session: Held, isAsked: boolean): Promise<SessionRecord | undefined> {
    const { pid } = session;
    // They may be written down while it is asked, and after the store has looked.
    const before = this.#book.lastWords(pid);
    const seized = await this.#book.seize(session);
    const words = this.#book.lastWords(pid) ?? before;
    if (seized) return seized.node === this.#node.id ? (words ?? seized) : this.#latest(pid, seized);
    return words ?? (isAsked ? undefined : this.#search(pid));
  }

  /** The record as the server has it that may still believe in the connection. */
  async #latest(pid: PrivateSessionId, seized: SessionRecord): Promise<SessionRecord> {
    const told = await this.#node.yielded(seized.node, this.nsp.name, pid);
    return (told as SessionRecord | undefined) ?? seized;
  }

  /** What began while the engine was away, and what it has forgotten meanwhile, only the session's server knows. */
  async #search(pid: PrivateSessionId): Promise<SessionRecord | undefined> {
    return (await this.#node.found(this.nsp.name, pid)) as SessionRecord | undefined;
  }

  async #claim(
    record: SessionRecord,
    owner: string,
    position: number,
    isLatest: () => boolean,
  ): Promise<Claim | RecoveryFailure> {
    const trace = traceOf(record);
    const claim: Claim = {
      record,
      owner,
      trace,
      from: Math.max(position, positionOf(trace.since)),
      had: 0,
      settled: 0,
      cut: undefined,
      early: [],
      missedPackets: [],
    };
    const { sid } = record;
    this.#settle(sid);
    this.#claims.set(sid, claim);
    // Followed before it is read, so that nothing falls in between.
    const { name } = this.nsp;
    const rooms = trace.rooms.map((room) => this.#journal.watch(name, room));
    await Promise.all([this.#journal.pending(name, undefined), ...rooms]);
    const page = await this.#patiently(() => this.#missed(claim), isLatest);
    const failure = page === "unavailable" ? page : failureOf(page, claim.from);
    if (page === "unavailable" || failure || this.#claims.get(sid) !== claim) {
      if (this.#claims.get(sid) === claim) this.#settle(sid);
      return failure ?? "unknown";
    }
    if (this.#fill(claim, page.entries, Math.max(page.head, claim.from))) return claim;
    this.#settle(sid);
    return "trimmed";
  }

  /**
   * What the client's own word says that it may have missed. Where the log does not reach back to that, the heartbeat
   * tells what it has received since; a server that was suspended may have thought so for too long.
   */
  async #missed(claim: Claim): Promise<LogPage> {
    const read = (after: number): Promise<LogPage> =>
      this.#journal.read(this.nsp.name, claim.trace.allRooms, after);
    claim.settled = this.#journal.settled;
    // What was said here and is not known to be in the log, the client may have had from there on another server.
    const early = Math.min(claim.from, this.#journal.outstandingAfter);
    let page = await read(early);
    if (!page.complete && early < claim.from) page = await read(claim.from);
    const { received } = claim.record;
    if (page.complete || received <= claim.from) return page;
    claim.from = received;
    return read(received);
  }

  /** What is none of ours is ignored, here as when it comes live. */
  #open(entry: LogEntry): ReturnType<ClusterNode["journal"]["open"]> {
    try {
      return this.#journal.open(entry);
    } catch {
      return undefined;
    }
  }

  /** Returns whether nothing is missing in between. */
  #fill(claim: Claim, entries: readonly LogEntry[], cut: number): boolean {
    for (const entry of entries) {
      const opened = this.#open(entry);
      if (opened?.order.nsp !== this.nsp.name || isPlace(opened.order)) continue;
      if (!isGap(opened.order)) this.#offer(claim, { ...opened, position: entry.position });
      else if (entry.position > claim.from) return false;
    }
    claim.cut = cut;
    for (const entered of claim.early.splice(0)) if (entered.position > cut) this.#offer(claim, entered);
    // In the order in which it was said here, before all that is said from now on.
    for (const order of this.#journal.early(claim.settled))
      if (order.nsp === this.nsp.name) this.#offer(claim, this.#own(order));
    if (cut > this.#journal.delivered) this.#cuts.set(claim.record.sid, cut);
    return true;
  }

  /** The next broadcast that comes, or has come, while a session is on its way back. */
  #offer(claim: Claim, said: Said): void {
    const { order, from, position } = said;
    if (from === this.#node.id) {
      if (order.copy <= claim.had) return;
      claim.had = order.copy;
    }
    if (position <= claim.from || isMarked(claim.record.marks, said) || !claim.trace.concerns(said)) return;
    const place = Number.isFinite(position) ? "" : "~";
    const known = place === "" ? position : Math.max(claim.cut ?? 0, this.#journal.delivered);
    // It has had no more than this: its connection may break before it has the rest.
    const offset = place + known.toString(36) + this.#journal.mark(claim.had);
    claim.missedPackets.push([...order.args, offset]);
  }

  /** The session goes on with its socket, or without: it is followed for its own sake no longer. */
  #settle(sid: SocketId): void {
    const claim = this.#claims.get(sid);
    if (!claim) return;
    this.#claims.delete(sid);
    for (const room of traceOf(claim.record).rooms) this.#journal.unwatch(this.nsp.name, room);
  }

  /** Asks again while the engine is away, for a while. */
  async #patiently<Value>(
    ask: () => Promise<Value>,
    isWanted: () => boolean,
  ): Promise<Value | "unavailable"> {
    const { clock, requestTimeout } = this.#node.options;
    const until = clock.now() + requestTimeout;
    for (;;) {
      try {
        return await ask();
      } catch {
        const left = until - clock.now();
        if (left <= 0 || !isWanted()) return "unavailable";
        await new Promise<void>((resolve) => {
          clock.setTimeout(resolve, Math.min(50, left));
        });
        await this.#journal.reachable(left);
        if (!isWanted()) return "unavailable";
      }
    }
  }
}

function failureOf(
  { complete, head }: { complete: boolean; head: number },
  from: number,
): RecoveryFailure | undefined {
  if (from > head) return "offset";
  return complete ? undefined : "trimmed";
}

/** What a client says that it has received. */
interface Standing {
  readonly position: number;
  readonly mark?: Mark | undefined;
}

function standingOf(offset: string): Standing | undefined {
  const [, digits = "", rest] = OFFSET.exec(offset) ?? [];
  const position = Number.parseInt(digits, 36);
  const mark = rest === undefined ? undefined : markOf(rest);
  if (!Number.isSafeInteger(position) || (rest !== undefined && !mark)) return undefined;
  return { position, mark };
}

/** The JSON of an array with one more element at its end, a string of plain characters. */
function withLast(json: string | undefined, element: string): string | undefined {
  return json && `${json.slice(0, json.lastIndexOf("]"))},"${element}"]`;
}

function without(opts: BroadcastOptions, ids: readonly SocketId[]): BroadcastOptions {
  return ids.length === 0 ? opts : { ...opts, except: new Set([...(opts.except ?? []), ...ids]) };
}
