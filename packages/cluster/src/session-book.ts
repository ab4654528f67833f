/** The sessions of this server's clients, written to the store while they are connected. */
import type { PrivateSessionId, SocketId } from "@sockeye/adapter";
import type { Clock, Timer } from "@sockeye/core";
import type { Mark } from "./head-start.ts";
import type { NodeId } from "./message.ts";
import { type Moment, positionOf } from "./moment.ts";
import { decodeRecord, encodeRecord, hasData, type SessionRecord } from "./session-record.ts";
import type { SessionTrace } from "./session-trace.ts";
import type { Store } from "./store.ts";

/** A session, and as whom this server holds it. */
export interface Held {
  readonly pid: PrivateSessionId;
  readonly owner: string;
}

/** A session of a client that is connected here. */
export interface LiveSession extends Held {
  readonly sid: SocketId;
  readonly trace: SessionTrace;
  /** When its connection began, on the clock. */
  readonly began: number;
  /** What the client had received when its connection began. */
  readonly received: number;
  /** What the client had had before it was in the log. */
  readonly marks: readonly Mark[];
  /** The present data. */
  data(): unknown;
}

/** What the book must know of its namespace. */
export interface SessionBookHome {
  readonly nsp: string;
  readonly node: NodeId;
  /** Up to when all has been handed on. */
  handedOn(): Moment;
  /** Another server has taken the session over. */
  lost(session: LiveSession): void;
}

interface Written {
  value: Buffer;
  at: number;
}

/** A session whose connection has ended here, until the store knows. */
interface Ended {
  readonly owner: string;
  /** Its last words; undefined when the client has left for good. */
  readonly record: SessionRecord | undefined;
  /** Nobody comes back for it after that. */
  readonly until: number;
}

/** A write under way, and the one that follows it. */
interface Writing {
  readonly done: Promise<void>;
  next: Promise<void> | undefined;
}

/** Data of sockets changes unseen: looked at so often, in milliseconds. */
const LOOK_EVERY = 5_000;

/** Milliseconds after which what an engine within reach has refused is tried again. */
const RETRY_AFTER = 250;

/** Writes sessions when they change, renews them, and tells when one is no longer ours. */
export class SessionBook {
  readonly #store: Store;
  readonly #clock: Clock;
  readonly #prefix: string;
  readonly #duration: number;
  readonly #heartbeat: number;
  readonly #maxEnded: number;
  readonly #home: SessionBookHome;
  readonly #live = new Map<SocketId, LiveSession>();
  readonly #byPid = new Map<PrivateSessionId, LiveSession>();
  readonly #ended = new Map<PrivateSessionId, Ended>();
  readonly #written = new Map<SocketId, Written>();
  /** Sessions of which the store does not have the latest: they are tried again. */
  readonly #unwritten = new Set<PrivateSessionId>();
  readonly #samples: Array<{ at: number; handedOn: Moment }> = [];
  #owners = 0;
  #dirty: { pids: Set<PrivateSessionId>; done: Promise<void> } | undefined;
  readonly #writing = new Map<PrivateSessionId, Writing>();
  #reachable = true;
  #timer: Timer;
  #retry: Timer;
  #closed = false;

  constructor(
    store: Store,
    clock: Clock,
    options: { prefix: string; duration: number; heartbeat: number; maxSessions: number },
    home: SessionBookHome,
  ) {
    this.#store = store;
    this.#clock = clock;
    this.#prefix = `${options.prefix}.session.`;
    this.#duration = options.duration;
    this.#heartbeat = options.heartbeat;
    this.#maxEnded = options.maxSessions;
    this.#home = home;
  }

  get(sid: SocketId): LiveSession | undefined {
    return this.#live.get(sid);
  }

  find(pid: PrivateSessionId): LiveSession | undefined {
    return this.#byPid.get(pid);
  }

  /** Whether the engine can be reached. When it is back, it learns at once what it has missed. */
  set reachable(reachable: boolean) {
    if (reachable === this.#reachable) return;
    this.#reachable = reachable;
    if (reachable) this.#renew();
  }

  /**
   * A name for this server to hold one session by, until its connection ends: what it has to write of an earlier stay is
   * not written over what another server has written since.
   */
  nextOwner(): string {
    return `${this.#home.node}.${++this.#owners}`;
  }

  /** A client is connected. */
  open(session: LiveSession): Promise<void> {
    this.#live.set(session.sid, session);
    this.#byPid.set(session.pid, session);
    this.#ended.delete(session.pid);
    this.#timer ??= this.#clock.setTimeout(() => this.#look(), LOOK_EVERY);
    return this.changed(session);
  }

  /** Its rooms have changed; resolves when that is written, or could not be. */
  changed({ pid }: LiveSession): Promise<void> {
    if (!this.#dirty) {
      const pids = new Set<PrivateSessionId>();
      this.#dirty = { pids, done: endOfTurn().then(() => this.#saveAll(pids)) };
    }
    this.#dirty.pids.add(pid);
    return this.#dirty.done;
  }

  /** The connection was lost: the session is kept for its client. */
  persist(session: LiveSession, data: unknown): void {
    this.#leave(session);
    this.#end(session, this.#recordOf(session, data), this.#duration);
    void this.#save(session.pid);
  }

  /** The last words of a session whose connection has ended here, if the store may not have them. */
  lastWords(pid: PrivateSessionId): SessionRecord | undefined {
    return this.#ended.get(pid)?.record;
  }

  /** The client has left for good. */
  drop(session: LiveSession): void {
    this.#leave(session);
    this.#end(session, undefined, this.#duration);
    void this.#save(session.pid);
  }

  /** Takes a session over from whoever has it; rejects when the store cannot be reached. */
  async seize({ pid, owner }: Held): Promise<SessionRecord | undefined> {
    const value = await this.#store.seize(this.#key(pid), owner);
    const record = value && decodeRecord(value);
    if (record?.nsp !== this.#home.nsp) return undefined;
    // Another server had it since.
    if (record.node !== this.#home.node) this.#forget(pid);
    return record;
  }

  /** Writes down whose a session is now; `false` when somebody else has taken it since. */
  adopt(session: Held, record: SessionRecord): Promise<boolean> {
    return this.#hold(session, encodeRecord(record));
  }

  /** Writes what is to be written, and ends. */
  async close(): Promise<void> {
    this.#closed = true;
    for (const timer of [this.#timer, this.#retry]) this.#clock.clearTimeout(timer);
    while (this.#writing.size > 0) {
      await Promise.all(Array.from(this.#writing.values(), ({ done, next }) => next ?? done));
    }
    this.#live.clear();
    this.#byPid.clear();
  }

  #leave({ pid, sid }: LiveSession): void {
    this.#live.delete(sid);
    this.#byPid.delete(pid);
    this.#written.delete(sid);
  }

  #end({ pid, owner }: Held, record: SessionRecord | undefined, patience: number): void {
    this.#ended.set(pid, { owner, record, until: this.#clock.now() + patience });
    const [oldest] = this.#ended.keys();
    if (oldest !== undefined && this.#ended.size > this.#maxEnded) this.#forget(oldest);
  }

  #forget(pid: PrivateSessionId): void {
    this.#ended.delete(pid);
    if (!this.#byPid.has(pid)) this.#unwritten.delete(pid);
  }

  async #saveAll(pids: ReadonlySet<PrivateSessionId>): Promise<void> {
    this.#dirty = undefined;
    await Promise.all(Array.from(pids, (pid) => this.#save(pid)));
  }

  /** Resolves when the present state is written, or could not be. One write of each session at a time keeps their order. */
  #save(pid: PrivateSessionId): Promise<void> {
    const writing = this.#writing.get(pid);
    if (writing) {
      writing.next ??= writing.done.then(() => this.#save(pid));
      return writing.next;
    }
    const done = this.#attempt(pid).then(() => {
      this.#writing.delete(pid);
    });
    this.#writing.set(pid, { done, next: undefined });
    return done;
  }

  async #attempt(pid: PrivateSessionId): Promise<void> {
    this.#unwritten.delete(pid);
    const session = this.#byPid.get(pid);
    const ended = this.#ended.get(pid);
    try {
      if (session) await this.#write(session);
      else if (ended) await this.#conclude(pid, ended);
    } catch {
      // Not known to be written.
      this.#unwritten.add(pid);
      if (session) this.#written.delete(session.sid);
      this.#tryLater();
    }
  }

  async #write(session: LiveSession): Promise<void> {
    const value = Buffer.from(encodeRecord(this.#recordOf(session, session.data())));
    this.#written.set(session.sid, { value, at: this.#clock.now() });
    const held = await this.#hold(session, value);
    if (held || this.#byPid.get(session.pid) !== session) return;
    // Whoever has taken it over asks for what the store does not have, as it is by now.
    this.#leave(session);
    this.#end(session, this.#recordOf(session, session.data()), LOOK_EVERY);
    this.#home.lost(session);
  }

  async #conclude(pid: PrivateSessionId, ended: Ended): Promise<void> {
    const { owner, record } = ended;
    const held = { pid, owner };
    const written = record ? await this.#hold(held, encodeRecord(record)) : await this.#release(held);
    if (this.#ended.get(pid) !== ended) return;
    if (written) this.#ended.delete(pid);
    else this.#end(held, record, LOOK_EVERY);
  }

  async #release({ pid, owner }: Held): Promise<boolean> {
    await this.#store.release(this.#key(pid), owner);
    return true;
  }

  /** A session must outlive its server by the promised time, although it is renewed from time to time only. */
  #hold({ pid, owner }: Held, value: Uint8Array): Promise<boolean> {
    const ttl = Math.ceil((this.#duration * 4) / 3) + LOOK_EVERY;
    return this.#store.hold(this.#key(pid), owner, value, ttl);
  }

  #tryLater(): void {
    if (!this.#reachable || this.#closed) return;
    this.#retry ??= this.#clock.setTimeout(() => {
      this.#retry = undefined;
      for (const pid of this.#unwritten) void this.#save(pid);
    }, RETRY_AFTER);
  }

  #look(): void {
    this.#timer = this.#clock.setTimeout(() => this.#look(), LOOK_EVERY);
    this.#sample();
    for (const [pid, { until }] of this.#ended) if (until <= this.#clock.now()) this.#forget(pid);
    if (this.#reachable) this.#renew();
  }

  #renew(): void {
    for (const pid of this.#unwritten) void this.#save(pid);
    for (const session of this.#live.values()) if (this.#isStale(session)) void this.changed(session);
  }

  #isStale(session: LiveSession): boolean {
    const written = this.#written.get(session.sid);
    if (!written || this.#clock.now() - written.at >= this.#duration / 3) return true;
    return !hasData(written.value, session.data());
  }

  #recordOf(session: LiveSession, data: unknown): SessionRecord {
    const received = this.#receivedBy(session);
    session.trace.forget(received);
    const { nsp, node } = this.#home;
    const { sid, marks, trace } = session;
    return { nsp, sid, data, node, received: positionOf(received), marks, trace: trace.record };
  }

  // What was sent longer ago than a dead connection stays unnoticed has arrived.
  #receivedBy({ began, received }: LiveSession): Moment {
    const before = this.#clock.now() - this.#heartbeat;
    const proven = this.#samples.findLast(({ at }) => at <= before);
    if (!proven || began > proven.at || positionOf(proven.handedOn) < received) return received;
    return proven.handedOn;
  }

  #sample(): void {
    const now = this.#clock.now();
    this.#samples.push({ at: now, handedOn: this.#home.handedOn() });
    while ((this.#samples[1]?.at ?? now) <= now - this.#heartbeat) this.#samples.shift();
  }

  #key(pid: PrivateSessionId): string {
    return this.#prefix + pid;
  }
}

function endOfTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
