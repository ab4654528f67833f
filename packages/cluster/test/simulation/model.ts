/** What was promised to each client (docs/cluster.md, "Clients that move"), beside what it has got. */
import type { RecoveryFailure } from "@sockeye/adapter";
import { decodeEnvelope } from "../../src/codec.ts";
import { positionOf } from "../../src/moment.ts";
import { decodeRecord } from "../../src/session-record.ts";
import type { Client, ClientWatch } from "./client.ts";
import type { Engine, EngineWatch, Line } from "./engine.ts";
import type { Link } from "./link.ts";
import { type Entrance, noteIn, type ServerWatch, type SimulatedServer } from "./server.ts";

/** Something that was said to clients; its place among all is its number. */
interface Said {
  readonly id: number;
  readonly by: SimulatedServer;
  readonly rooms: readonly string[];
  readonly except: readonly string[];
  /** Whether it goes through the log: what does not is sent at most once. */
  readonly isKept: boolean;
  readonly at: number;
  /** Its place in the log; infinite while it has none. */
  position: number;
  /** Servers that were cut off when it came there. */
  readonly late: Set<SimulatedServer>;
}

/** A server has told others to fill a room; each time another one. */
interface Order {
  readonly by: SimulatedServer;
  readonly from: number;
  readonly at: number;
}

/** A session in a room. */
interface Stay {
  /** What is said from this number on is for it. */
  sureFrom: number;
  /** Where it joined, and from where on what that server says is for it. */
  readonly on: SimulatedServer;
  readonly calledFrom: number;
  /** By whom it was told to, and from where on what that server says is for it. */
  readonly order: Order | undefined;
}

/** A session, from a client's first connection until it leaves or begins anew. */
interface Session {
  readonly name: string;
  readonly pid: string;
  readonly sid: string;
  /** Why the one before did not go on, if there was one. */
  readonly reason: RecoveryFailure | undefined;
  server: SimulatedServer;
  link: Link;
  /** Whether its server believes in the connection. */
  isConnected: boolean;
  /** When it went on there, if it was elsewhere, or away, before. */
  recoveredAt: number;
  /** Since when somebody knows that the connection is gone; infinite while it is there. */
  awaySince: number;
  /** What its client has got, and by which connection. */
  readonly received: Map<number, Link | undefined>;
  /** What its server has sent to it of what is its. */
  readonly sent: Set<number>;
  readonly latestBy: Map<SimulatedServer, number>;
  readonly stays: Map<string, Stay>;
  readonly everIn: Set<string>;
  /** What was said before may be missing. */
  dueFrom: number;
  note: number;
  stored: { by: Line; at: number; rooms: ReadonlySet<string>; note: number; since: number } | undefined;
  /** Nobody can go on with it. */
  isOver: boolean;
}

/** A client's attempt to continue its session. */
interface Attempt {
  readonly pid: string;
  readonly server: SimulatedServer;
  /** Where its session was before. */
  readonly last: SimulatedServer | undefined;
  readonly at: number;
  readonly position: number | undefined;
}

const NEVER = Number.POSITIVE_INFINITY;
/** Milliseconds for which what is said to a room goes to all servers, after others were told to fill it. */
const SETTLING = 5_000;
/** Milliseconds after which sessions are renewed, beside a third of the time for which they are kept, at the latest. */
const RENEWED = 5_000;
/** Bytes of a message that may be under way at any time. */
const SIGN_OF_LIFE = 100;
/** The room of all. */
const ALL = "";
/** Milliseconds after which servers know of one another, and of what has changed, for sure. */
const ACQUAINTED = 2_500;

export class Model implements ClientWatch, EngineWatch, ServerWatch {
  readonly faults: string[] = [];
  /** How often what has happened. */
  readonly counts: Record<string, number> = {};
  engine!: Engine;
  readonly #said: Said[] = [];
  readonly #sessions = new Map<string, Session>();
  readonly #bySid = new Map<string, Session>();
  readonly #byLink = new Map<Link, Session>();
  readonly #attempts = new Map<Client, Attempt>();
  readonly #orders = new Map<string, Order>();
  #hasGaps = false;
  readonly #duration: number;
  readonly #tell: (text: string) => void;

  /** @param duration milliseconds for which sessions are kept */
  constructor(duration: number, tell: (text: string) => void) {
    this.#duration = duration;
    this.#tell = tell;
  }

  count(what: string): void {
    this.counts[what] = (this.counts[what] ?? 0) + 1;
  }

  fault(text: string): void {
    this.#tell(`FAULT: ${text}`);
    this.faults.push(text);
  }

  get #now(): number {
    return this.engine.world.now;
  }

  get #next(): number {
    return this.#said.length;
  }

  // --- what servers say and do ---

  say(by: SimulatedServer, rooms: readonly string[], except: readonly string[], isKept: boolean): number {
    const id = this.#next;
    this.#said.push({ id, by, rooms, except, isKept, at: this.#now, position: NEVER, late: new Set() });
    this.count("said");
    return id;
  }

  ordered(by: SimulatedServer, room: string): void {
    this.#orders.set(room, { by, from: this.#next, at: this.#now });
  }

  /** A server was cut off for longer than the log reaches back, and has told its application so. */
  missed(server: SimulatedServer): void {
    this.#tell(`${server.name} has missed what is no longer in the log`);
    for (const session of this.#sessions.values())
      if (session.server === server) session.dueFrom = this.#next;
  }

  caughtUp(server: SimulatedServer, id: number): void {
    this.#said[id]?.late.add(server);
  }

  noted(sid: string, server: SimulatedServer, note: number): void {
    const session = this.#bySid.get(sid);
    if (session?.server === server) session.note = note;
  }

  ready(server: SimulatedServer): void {
    for (const { server: its, stays } of this.#sessions.values()) {
      const stay = stays.get(ALL);
      if (its === server && stay) stay.sureFrom = Math.min(stay.sureFrom, this.#next);
    }
  }

  entered(entrance: Entrance): void {
    const session = this.#sessions.get(entrance.pid);
    if (!session) this.#begun(entrance);
    // Otherwise its client has given up this connection, and a server has let it in by the present one.
    else if (entrance.client.link !== session.link) this.#moved(session, entrance);
  }

  #begun({ client, link, server, pid, sid, reason }: Entrance): void {
    // Of an attempt that the client has given up, nobody is told.
    if (client.link === link) this.#refused(client, reason);
    const session: Session = {
      name: `${client.name}.${this.#sessions.size}`,
      pid,
      sid,
      reason,
      server,
      link,
      isConnected: true,
      recoveredAt: 0,
      awaySince: NEVER,
      received: new Map(),
      sent: new Set(),
      latestBy: new Map(),
      stays: new Map(),
      everIn: new Set(),
      dueFrom: 0,
      note: 0,
      stored: undefined,
      isOver: false,
    };
    this.#sessions.set(pid, session);
    this.#bySid.set(sid, session);
    this.#byLink.set(link, session);
    this.#stay(session, ALL, server.readySince < NEVER ? this.#next : NEVER);
    this.#stay(session, sid, NEVER);
  }

  /** Its client may have tried to go on with another one, which is over if that is impossible. */
  #refused(client: Client, reason: RecoveryFailure | undefined): void {
    const attempt = this.#attempts.get(client);
    const session = attempt && this.#sessions.get(attempt.pid);
    if (!session || session.isOver) return;
    const where = `${session.name} was told on ${attempt.server.name}`;
    if (reason === "offset") this.fault(`${where} that its offset is none`);
    if (reason === "trimmed" && !this.#isTrimmed(session, attempt))
      this.fault(`${where} that the log does not reach back`);
    session.isOver = reason === "offset" || reason === "trimmed";
  }

  #isTrimmed({ stored }: Session, attempt: Attempt): boolean {
    const position = attempt.position ?? stored?.since;
    return this.#hasGaps || position === undefined || !this.engine.reaches(position);
  }

  #moved(session: Session, { server, link, rooms, note }: Entrance): void {
    const { name, stays, stored } = session;
    session.server = server;
    session.link = link;
    this.#byLink.set(link, session);
    session.isConnected = true;
    session.recoveredAt = this.#now;
    session.awaySince = NEVER;
    const present = new Set(stays.keys());
    present.delete(ALL);
    // As its server had it, or, if that is gone, as it was written down last.
    const isTold = same(rooms, present) && note === session.note;
    const isRead = stored && same(rooms, stored.rooms) && note === stored.note;
    if (!isTold && !isRead && !isOvertaken(session)) {
      this.fault(
        `${name} is in ${list(rooms)} with note ${note}, was in ${list(present)} with ${session.note}; stored: ${list(stored?.rooms ?? [])} with ${stored?.note}`,
      );
    }
    session.note = note;
    for (const room of present) if (!rooms.has(room)) stays.delete(room);
    for (const id of session.sent) {
      const { rooms: whom, position } = this.#said[id] as Said;
      const isLeft = whom.length > 0 && !whom.some((room) => stays.has(room));
      // What is not in the log yet is said here when it is: to who is in the room then.
      if (isLeft || position === NEVER) session.sent.delete(id);
    }
    for (const room of rooms) {
      const stay = stays.get(room) ?? this.#stay(session, room, this.#next);
      stay.sureFrom = Math.min(stay.sureFrom, this.#next);
    }
  }

  left(link: Link, pid: string, isForGood: boolean): void {
    const session = this.#sessions.get(pid);
    if (session?.link !== link) return;
    this.#tell(`${session.server.name} lets go of ${session.name}`);
    session.isConnected = false;
    session.awaySince = Math.min(session.awaySince, this.#now);
    if (isForGood) session.isOver = true;
  }

  joined(server: SimulatedServer, sid: string, room: string): void {
    const session = this.#bySid.get(sid);
    // A server that has let it in by a connection that the client has given up may have it in the end.
    if (session?.server !== server) session?.everIn.add(room);
    if (session?.server !== server || session.stays.has(room)) return;
    if (isOvertaken(session)) {
      session.everIn.add(room);
      return;
    }
    this.#tell(`${session.name} is in ${room} now`);
    this.#stay(session, room, NEVER);
  }

  /** Who has joined has waited for it. */
  settled(server: SimulatedServer, sid: string, room: string): void {
    const session = this.#bySid.get(sid);
    const stay = session?.stays.get(room);
    if (session?.server === server && stay) stay.sureFrom = Math.min(stay.sureFrom, this.#next);
  }

  parted(server: SimulatedServer, sid: string, room: string): void {
    const session = this.#bySid.get(sid);
    const stay = session?.stays.get(room);
    if (!session || !stay) return;
    if (session.server !== server) {
      // A server that still believes in an earlier connection may be asked for its last words.
      stay.sureFrom = NEVER;
    } else if (session.isConnected) session.stays.delete(room);
  }

  #stay(session: Session, room: string, sureFrom: number): Stay {
    const order = this.#orders.get(room);
    const { server, recoveredAt } = session;
    // What the bus has not taken at once is told later, and what comes after an interruption, or when a client comes
    // back, is read from the log first. Who has only just started hears nothing that was said before.
    const isPlain =
      order &&
      Math.max(order.by.line.troubled, server.line.troubled, server.readySince, recoveredAt) < order.at;
    const stay = {
      sureFrom,
      on: server,
      calledFrom: this.#next,
      order: isPlain ? order : undefined,
    };
    session.stays.set(room, stay);
    session.everIn.add(room);
    return stay;
  }

  sent(link: Link, id: number): void {
    const session = this.#byLink.get(link);
    const { rooms } = this.#said[id] as Said;
    // What was said before it came into the room may come, or not.
    const isIts = (room: string): boolean => (session?.stays.get(room)?.calledFrom ?? NEVER) <= id;
    if (session?.link === link && (rooms.length === 0 ? [ALL] : rooms).some(isIts)) session.sent.add(id);
  }

  failed(server: SimulatedServer, pid: string, reason: RecoveryFailure): void {
    this.count(reason);
    this.#tell(`${server.name} cannot recover ${this.#sessions.get(pid)?.name}: ${reason}`);
  }

  // --- what the engine has carried out ---

  appended(message: Uint8Array): void {
    for (const each of decodeEnvelope(message).messages) {
      if (each.kind !== "broadcast") continue;
      if (each.args[0] === "sockeye:gap") this.#hasGaps = true;
      const said = this.#said[each.args[1] as number];
      if (!said) continue;
      said.position = this.engine.memory.head;
      this.#tell(`${said.id} is in the log at ${this.engine.memory.head.toString(36)}`);
    }
  }

  held(pid: string, value: Uint8Array, by: Line): void {
    const session = this.#sessions.get(pid);
    if (!session) return;
    const { trace, data } = decodeRecord(value);
    const rooms = new Set(trace.stays.map(([room]) => room));
    session.stored = { by, at: this.#now, rooms, since: positionOf(trace.since), note: noteIn(data) };
    this.#tell(`${session.name} is written down, in ${list(rooms)}`);
  }

  released(pid: string): void {
    const session = this.#sessions.get(pid);
    if (session && !session.isOver) this.fault(`${session.name} was forgotten, and may come back`);
  }

  // --- what clients get ---

  attempted(client: Client, server: SimulatedServer): void {
    const { pid, offset } = client;
    if (pid === undefined) {
      this.#attempts.delete(client);
      return;
    }
    const [, digits] = /^~?(\w+)/.exec(offset ?? "") ?? [];
    this.#attempts.set(client, {
      pid,
      server,
      last: this.#sessions.get(pid)?.server,
      at: this.#now,
      position: digits === undefined ? undefined : Number.parseInt(digits, 36),
    });
  }

  welcomed(client: Client, isRecovered: boolean): void {
    this.count(isRecovered ? "recovered" : "begun");
    const attempt = this.#attempts.get(client);
    this.#attempts.delete(client);
    const session = attempt && this.#sessions.get(attempt.pid);
    if (!session || isRecovered) return;
    const { reason } = this.#sessions.get(client.pid ?? "") as Session;
    if (!this.#isExcused(session, attempt, reason)) {
      this.fault(`${session.name} was not recovered on ${attempt.server.name}: ${reason}`);
    }
    session.isOver = true;
  }

  #isExcused(session: Session, { server, last, at }: Attempt, reason: RecoveryFailure | undefined): boolean {
    if (session.isOver) return true;
    // "trimmed" has been looked at when the server said so.
    if (reason === "unavailable") return server.troubled >= at;
    if (reason !== "unknown") return reason === "trimmed";
    if (this.#now - session.awaySince > this.#duration) return true;
    const isUnheard = [server, last].some(
      (each) => !each?.process.isRunning || each.troubled > at - ACQUAINTED,
    );
    // It is kept from when it was last written on, which its server could not do while it was cut off.
    const { at: storedAt = -NEVER } = session.stored ?? {};
    return isUnheard && this.#now - storedAt >= (this.#duration * 4) / 3 + RENEWED;
  }

  received(client: Client, id: number): void {
    this.count("received");
    const session = this.#sessions.get(client.pid ?? "") as Session;
    const { name, received, latestBy, everIn, stays } = session;
    const said = this.#said[id] as Said;
    const isRetold = received.has(id) && this.#isUntold(session.server, said);
    // What does not go through the log comes once by a connection, at most: on two servers, when one is slow to hear it.
    const isOnceEach = !said.isKept && received.get(id) !== client.link;
    if (received.has(id) && !isRetold && !isOnceEach)
      this.fault(`${name} has got ${id} of ${said.by.name} twice`);
    received.set(id, client.link);
    const rooms = said.rooms.length === 0 ? [ALL] : said.rooms;
    if (!rooms.some((room) => everIn.has(room)))
      this.fault(`${name} has got ${id}, which is for ${list(rooms)}`);
    const exempt = said.except.find((room) => (stays.get(room)?.sureFrom ?? NEVER) <= id);
    if (exempt !== undefined) this.fault(`${name} has got ${id}, which is not for those in ${exempt}`);
    if (!said.isKept || isRetold) return;
    const latest = latestBy.get(said.by) ?? -1;
    if (latest > id) this.fault(`${name} has got ${id} of ${said.by.name} after ${latest}`);
    else latestBy.set(said.by, id);
  }

  /** Whether a server has said it, and can no longer read whether that has come into the log. */
  #isUntold(server: SimulatedServer, { by, position }: Said): boolean {
    return by === server && position < NEVER && !this.engine.reaches(position - 1);
  }

  lost(client: Client): void {
    const session = this.#sessions.get(client.pid ?? "");
    if (session) session.awaySince = Math.min(session.awaySince, this.#now);
  }

  // --- in the end ---

  /** All is well again: what was promised must have come. */
  conclude(clients: readonly Client[], servers: readonly SimulatedServer[]): void {
    for (const server of servers) this.#checkServer(server, servers.length);
    for (const client of clients) {
      const session = this.#sessions.get(client.pid ?? "");
      if (!client.isIn || !session) this.fault(`${client.name} has not found in again`);
      else this.#checkSession(session);
    }
    for (const { by, isKept, position, id } of this.#said) {
      if (isKept && position === NEVER && servers.includes(by) && !this.#hasGaps)
        this.fault(`${id} is not in the log`);
    }
  }

  #checkServer({ name, state }: SimulatedServer, servers: number): void {
    const { bus, counts } = state;
    if (bus !== "up" || state.servers !== servers || counts.bufferedBytes > SIGN_OF_LIFE) {
      this.fault(
        `${name} knows ${state.servers} of ${servers} servers, ${bus}, ${counts.bufferedBytes} bytes wait`,
      );
    }
  }

  #checkSession(session: Session): void {
    const lost = this.#said.filter((said) => this.#isDue(session, said) && !session.received.has(said.id));
    if (lost.length > 0)
      this.fault(`${session.name} has never got ${lost.map(({ id, by }) => `${id} of ${by.name}`)}`);
  }

  #isDue(
    { sent, stays, everIn, dueFrom }: Session,
    { id, by, rooms, except, isKept, at, position, late }: Said,
  ): boolean {
    if (!isKept || position === NEVER || id < dueFrom || except.some((room) => everIn.has(room)))
      return false;
    if (sent.has(id)) return true;
    return (rooms.length === 0 ? [ALL] : rooms).some((room) => {
      const { sureFrom = NEVER, calledFrom = NEVER, on, order } = stays.get(room) ?? {};
      if (sureFrom <= id || (on === by && calledFrom <= id)) return true;
      // Who is back reads the log at once, and may hear of an order only then.
      if (on && late.has(on)) return false;
      return order !== undefined && order.by === by && order.from <= id && at - order.at < SETTLING;
    });
  }
}

/** Whether another server has taken it since, by a connection that the client has given up: this one will let go of it. */
function isOvertaken({ stored, server }: Session): boolean {
  return stored !== undefined && stored.by !== server.line;
}

function same(one: ReadonlySet<string>, other: ReadonlySet<string>): boolean {
  return one.size === other.size && [...one].every((room) => other.has(room));
}

function list(rooms: Iterable<string>): string {
  return `[${[...rooms].sort()}]`;
}
