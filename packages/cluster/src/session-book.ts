/** The sessions of this server's clients, written to the store while they are connected. */
import type { PrivateSessionId, SocketId } from "@sockeye/adapter";
import type { Clock, Timer } from "@sockeye/core";
import { Reader, Writer } from "./bytes.ts";
import type { NodeId } from "./message.ts";
import { SessionTrace, type TraceRecord } from "./session-trace.ts";
import type { Store } from "./store.ts";
import { readValue, writeValue } from "./value.ts";

/** A session as it is kept. */
export interface SessionRecord {
  nsp: string;
  sid: SocketId;
  data: unknown;
  /** The server whose client it is, or was. */
  node: NodeId;
  /** The client has received everything up to this position. */
  received: number;
  trace: TraceRecord;
}

/** A session of a client that is connected here. */
export interface LiveSession {
  readonly pid: PrivateSessionId;
  readonly sid: SocketId;
  readonly trace: SessionTrace;
  /** When its connection began, on the clock. */
  readonly began: number;
  /** What the client had received when its connection began. */
  readonly received: number;
  /** The present data. */
  data(): unknown;
}

/** What the book must know of its namespace. */
export interface SessionBookHome {
  readonly nsp: string;
  readonly node: NodeId;
  /** Up to where entries have been handed on. */
  delivered(): number;
  /** Another server has taken the session over. */
  lost(session: LiveSession): void;
}

interface Written {
  value: Buffer;
  at: number;
}

/** Data of sockets changes unseen: looked at so often, in milliseconds. */
const LOOK_EVERY = 5_000;

/** Writes sessions when they change, renews them, and tells when one is no longer ours. */
export class SessionBook {
  readonly #store: Store;
  readonly #clock: Clock;
  readonly #prefix: string;
  readonly #duration: number;
  readonly #heartbeat: number;
  readonly #home: SessionBookHome;
  readonly #live = new Map<SocketId, LiveSession>();
  readonly #written = new Map<SocketId, Written>();
  /** Last words that the store has not confirmed. */
  readonly #leaving = new Map<PrivateSessionId, SessionRecord>();
  readonly #samples: Array<{ at: number; delivered: number }> = [];
  #dirty: { sessions: Set<LiveSession>; done: Promise<void> } | undefined;
  readonly #writes = new Set<Promise<unknown>>();
  #timer: Timer;

  constructor(
    store: Store,
    clock: Clock,
    options: { prefix: string; duration: number; heartbeat: number },
    home: SessionBookHome,
  ) {
    this.#store = store;
    this.#clock = clock;
    this.#prefix = `${options.prefix}.session.`;
    this.#duration = options.duration;
    this.#heartbeat = options.heartbeat;
    this.#home = home;
  }

  get(sid: SocketId): LiveSession | undefined {
    return this.#live.get(sid);
  }

  find(pid: PrivateSessionId): LiveSession | undefined {
    for (const session of this.#live.values()) if (session.pid === pid) return session;
    return undefined;
  }

  /** A client is connected. */
  open(session: LiveSession): Promise<void> {
    this.#live.set(session.sid, session);
    this.#timer ??= this.#clock.setTimeout(() => this.#look(), LOOK_EVERY);
    return this.changed(session);
  }

  /** Its rooms have changed; resolves when that is written, or could not be. */
  changed(session: LiveSession): Promise<void> {
    if (!this.#dirty) {
      const sessions = new Set<LiveSession>();
      this.#dirty = { sessions, done: endOfTurn().then(() => this.#writeAll(sessions)) };
    }
    this.#dirty.sessions.add(session);
    return this.#dirty.done;
  }

  /** The connection was lost: the session is kept for its client. */
  persist(session: LiveSession, data: unknown): SessionRecord {
    this.#live.delete(session.sid);
    this.#written.delete(session.sid);
    const record = this.#recordOf(session, data);
    this.#leaving.set(session.pid, record);
    const write = this.#patiently(() => this.#hold(session.pid, encode(record))).then(() => {
      if (this.#leaving.get(session.pid) === record) this.#leaving.delete(session.pid);
    });
    this.#track(write);
    return record;
  }

  /** The last words of a session whose connection has ended here, if the store may not have them. */
  lastWords(pid: PrivateSessionId): SessionRecord | undefined {
    return this.#leaving.get(pid);
  }

  /** The client has left for good, or the session is no longer ours. */
  drop(session: LiveSession, release: boolean): void {
    this.#live.delete(session.sid);
    this.#written.delete(session.sid);
    if (release) this.release(session.pid);
  }

  release(pid: PrivateSessionId): void {
    this.#track(this.#patiently(() => this.#store.release(this.#key(pid), this.#home.node)));
  }

  /** Takes a session over from whoever has it; rejects when the store cannot be reached. */
  async seize(pid: PrivateSessionId): Promise<SessionRecord | undefined> {
    const value = await this.#store.seize(this.#key(pid), this.#home.node);
    const record = value && decode(value);
    return record?.nsp === this.#home.nsp ? record : undefined;
  }

  /** Writes what is to be written, and ends. */
  async close(): Promise<void> {
    this.#clock.clearTimeout(this.#timer);
    this.#timer = undefined;
    await Promise.allSettled([...this.#writes]);
    this.#live.clear();
  }

  async #writeAll(sessions: Set<LiveSession>): Promise<void> {
    this.#dirty = undefined;
    await Promise.all(Array.from(sessions, (session) => this.#write(session)));
  }

  async #write(session: LiveSession): Promise<void> {
    if (this.#live.get(session.sid) !== session) return;
    const value = Buffer.from(encode(this.#recordOf(session, session.data())));
    const written = { value, at: this.#clock.now() };
    this.#written.set(session.sid, written);
    try {
      const held = this.#hold(session.pid, value);
      this.#track(held);
      if ((await held) || this.#live.get(session.sid) !== session) return;
      this.drop(session, false);
      this.#home.lost(session);
    } catch {
      // Not known to be written: the next look tries again.
      if (this.#written.get(session.sid) === written) this.#written.delete(session.sid);
    }
  }

  /** A session must outlive its server by the promised time, although it is renewed from time to time only. */
  #hold(pid: PrivateSessionId, value: Uint8Array): Promise<boolean> {
    const ttl = Math.ceil((this.#duration * 4) / 3) + LOOK_EVERY;
    return this.#store.hold(this.#key(pid), this.#home.node, value, ttl);
  }

  #look(): void {
    this.#timer = this.#clock.setTimeout(() => this.#look(), LOOK_EVERY);
    this.#sample();
    for (const session of this.#live.values()) if (this.#isStale(session)) void this.changed(session);
  }

  #isStale(session: LiveSession): boolean {
    const written = this.#written.get(session.sid);
    if (!written || this.#clock.now() - written.at >= this.#duration / 3) return true;
    return decodeData(written.value) !== JSON.stringify(session.data() ?? null);
  }

  #recordOf(session: LiveSession, data: unknown): SessionRecord {
    const received = this.#receivedBy(session);
    session.trace.forget(received);
    const { nsp, node } = this.#home;
    return { nsp, sid: session.sid, data, node, received, trace: session.trace.record };
  }

  // What was sent longer ago than a dead connection stays unnoticed has arrived.
  #receivedBy(session: LiveSession): number {
    const before = this.#clock.now() - this.#heartbeat;
    const proven = this.#samples.findLast(({ at }) => at <= before);
    return proven && session.began <= proven.at
      ? Math.max(session.received, proven.delivered)
      : session.received;
  }

  #sample(): void {
    const now = this.#clock.now();
    this.#samples.push({ at: now, delivered: this.#home.delivered() });
    while ((this.#samples[1]?.at ?? now) <= now - this.#heartbeat) this.#samples.shift();
  }

  #key(pid: PrivateSessionId): string {
    return this.#prefix + pid;
  }

  /** Tries again for a while. */
  async #patiently(task: () => Promise<unknown>): Promise<void> {
    for (let attempt = 0; attempt < 20; attempt++) {
      try {
        await task();
        return;
      } catch {
        if (this.#timer === undefined) return;
        await new Promise<void>((resolve) => {
          this.#clock.setTimeout(resolve, 250);
        });
      }
    }
  }

  #track(write: Promise<unknown>): void {
    this.#writes.add(write);
    const forget = (): void => void this.#writes.delete(write);
    write.then(forget, forget);
  }
}

function encode({ data, ...rest }: SessionRecord): Uint8Array {
  return writeValue(writeValue(new Writer(), data), rest).written;
}

function decode(value: Uint8Array): SessionRecord {
  const reader = new Reader(value);
  const data = readValue(reader);
  return { data, ...(readValue(reader) as Omit<SessionRecord, "data">) };
}

/** The data of a record as JSON, to see whether it has changed. */
function decodeData(value: Uint8Array): string {
  return JSON.stringify(readValue(new Reader(value)));
}

/** The trace of a session that goes on. */
export function traceOf(record: SessionRecord): SessionTrace {
  return new SessionTrace(record.trace);
}

function endOfTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
