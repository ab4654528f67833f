/** This server's part in the log: what it appends, and every entry of its streams, in order, without a gap. */
import type { Clock } from "@sockeye/core";
import type { BusState, Undo } from "./bus.ts";
import { decodeEnvelope, encodeMessage, openEnvelope } from "./codec.ts";
import { HeadStart, type Mark } from "./head-start.ts";
import { Interest } from "./interest.ts";
import type { DurableBus, LogEntry, LogPage } from "./log.ts";
import { LogWriter } from "./log-writer.ts";
import type { Logged, NodeId, Order } from "./message.ts";
import { type Moment, momentOf, type Said } from "./moment.ts";
import type { ClusterOptions } from "./options.ts";
import { Route } from "./route.ts";
import { Topics } from "./topics.ts";

/** Streams cost a log next to nothing: practically one per room. */
const STREAMS = 2 ** 31;

/** An entry for more rooms is kept once, for the namespace: each reader of that looks at it. */
const MAX_STREAMS = 64;

/** The name of an event that nobody is sent. */
const GAP = "sockeye:gap";

/** The name of an event that nobody is sent either. */
const PLACE = "sockeye:place";

/** Milliseconds after which all servers have read for sure what the log has. */
const LATELY = 5_000;

/** Whether it stands for broadcasts that were dropped. */
export function isGap({ args }: Logged): boolean {
  return args[0] === GAP;
}

/** Whether it only marks a place. */
export function isPlace({ args }: Logged): boolean {
  return args[0] === PLACE;
}

/** A broadcast as it comes by the log. */
export interface Entered extends Said {
  /** Whether it was read after an interruption: sockets may have come into its rooms since. */
  readonly late: boolean;
  /** Whether the sockets that were here when it was sent have had it. */
  readonly known: boolean;
}

/** Who takes what the log has. */
export interface JournalHome {
  entered(entered: Entered): void;
  /** What the log does not have yet, for the sockets that are here. */
  ahead(order: Logged): void;
  /** All has been handed on that another server said before it marked this place. */
  passed(from: NodeId, place: number): void;
  /** Something was lost or could not be read. */
  failed(error: unknown): void;
}

/** Appends broadcasts to the log, and follows the streams of the rooms at hand. */
export class Journal {
  readonly #durable: DurableBus;
  readonly #home: JournalHome;
  readonly #clock: Clock;
  readonly #writer: LogWriter;
  readonly #interest: Interest;
  readonly #topics: Topics;
  readonly #route: Route;
  readonly #from: NodeId;
  readonly #headStart: HeadStart;
  /** Dropped broadcasts of these namespaces leave a gap, which is not in the log yet. */
  readonly #gaps = new Set<string>();
  readonly #followed = new Map<string, number>();
  readonly #starts = new Map<string, number>();
  #unobserve: Undo | undefined;
  #state: BusState = "up";
  #waiting: Array<() => void> = [];
  /** Entries that came while it was read what was missed; `undefined` when nothing was. */
  #held: LogEntry[] | undefined;
  #catchingUp = 0;
  /** Whether the log is asked what was missed. */
  #isAsking = false;
  #latecomers: Array<() => void> = [];
  #stopped = false;
  #head: Promise<number> | undefined;
  #dropped = 0;
  /** When something was said last, on the clock. */
  #saidAt = Number.NEGATIVE_INFINITY;
  /** Every entry of the followed streams up to this position has been handed on; 0 before the log was reached. */
  delivered = 0;
  /** Where the log was when it was reached: all that is said here comes after that. */
  #origin = 0;
  readonly #begun: Promise<void>;
  #begin = (): void => {};

  constructor(
    durable: DurableBus,
    from: NodeId,
    options: Required<Pick<ClusterOptions, "prefix" | "maxBufferedBytes" | "linger" | "clock">>,
    home: JournalHome,
  ) {
    this.#durable = durable;
    this.#from = from;
    this.#home = home;
    this.#clock = options.clock;
    this.#begun = new Promise((resolve) => {
      this.#begin = resolve;
    });
    this.#topics = new Topics(options.prefix, STREAMS);
    this.#route = new Route(this.#topics, options.clock, MAX_STREAMS);
    this.#headStart = new HeadStart(from);
    this.#writer = new LogWriter(durable.log, from, options, {
      dropped: () => {
        this.#dropped++;
      },
      stalled: () => this.#goAhead(),
    });
    this.#interest = new Interest(
      options.clock,
      options.linger,
      (stream) => this.#follow(stream),
      (error) => home.failed(error),
    );
  }

  get counts(): { dropped: number; bufferedBytes: number } {
    return { dropped: this.#dropped, bufferedBytes: this.#writer.bufferedBytes };
  }

  /** Resolves when entries arrive. */
  async start(): Promise<void> {
    this.#unobserve = this.#durable.bus.observe((state) => this.#onBus(state));
    this.#writer.hold(this.#begun);
    const head = await this.#retried(
      () => this.#durable.log.head(),
      () => !this.#stopped,
    );
    this.delivered = this.#origin = head ?? 0;
    this.#begin();
  }

  /** Resolves when `delivered` is known: nothing is heard before. */
  get begun(): Promise<void> {
    return this.#begun;
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    this.#catchingUp++;
    this.#endAsking();
    await this.#writer.close();
    this.#interest.clear();
    this.#unobserve?.();
    this.#state = "down";
    for (const wake of this.#waiting.splice(0)) wake();
  }

  /**
   * Resolves when the broadcast is in the log. Sockets here have it from there, or at once while the log cannot be
   * reached.
   */
  append({ nsp, to, args }: Pick<Logged, "nsp" | "to" | "args">): Promise<void> {
    if (this.#gaps.size > 0 && !this.#isAhead) this.#markGaps();
    const streams = this.#streamsFor(nsp, new Set(to.rooms));
    const everywhere = to.rooms.length > 0 && streams[0] === this.#streamOf(nsp, undefined);
    const target = everywhere ? { ...to, everywhere } : to;
    const order: Logged = { kind: "broadcast", nsp, to: target, args, copy: this.#headStart.next() };
    this.#saidAt = this.#clock.now();
    const isHeard = streams.some((stream) => this.#interest.has(stream));
    const appended = this.#write(order, streams).then(() => {
      // Somebody may have asked for it meanwhile, and have looked before it was there.
      const isFollowed = streams.some((stream) => this.#followed.has(stream));
      if (!isHeard && !isFollowed) this.#headStart.drop(order);
      else this.#headStart.settle(order);
    });
    this.#headStart.wait(order, this.delivered, isHeard);
    if (this.#isAhead) this.#goAhead();
    return appended;
  }

  /**
   * Heeds what other servers were told by the bus: they do it before they hear what is appended from now on.
   * @param leaving resolves when the bus has it
   */
  told(order: Order, leaving: Promise<void>): void {
    this.#route.told(order);
    this.#writer.hold(leaving);
  }

  /**
   * Marks this place in the log for the servers that have members of these rooms, so that they can tell what was said
   * before; nothing when they have read all of that.
   */
  markPlace(nsp: string, rooms: ReadonlySet<string>): number | undefined {
    const isRead = this.#writer.bufferedBytes === 0 && this.#clock.now() - this.#saidAt >= LATELY;
    if (isRead) return undefined;
    return this.#note(PLACE, nsp, this.#streamsFor(nsp, rooms));
  }

  /** Appends what nobody is sent. */
  #note(name: string, nsp: string, streams: readonly string[]): number {
    const copy = this.#headStart.next();
    void this.#write({ kind: "broadcast", nsp, to: { rooms: [], except: [] }, args: [name], copy }, streams);
    return copy;
  }

  /** A room whose first member has only just come is not heard of yet; the namespace is, but at the very beginning. */
  #streamsFor(nsp: string, rooms: ReadonlySet<string>): string[] {
    const streams = this.#route.topicsFor(nsp, rooms);
    const isDeaf = streams.some((stream) => this.#interest.isPending(stream));
    if (!isDeaf) return streams;
    const everybody = this.#streamOf(nsp, undefined);
    const heard = this.#interest.pending(everybody);
    if (heard) this.#writer.hold(heard.catch(() => {}));
    return [everybody];
  }

  #write(order: Logged, streams: readonly string[]): Promise<void> {
    const envelope = openEnvelope(this.#from).bytes(encodeMessage(order));
    return this.#writer.append(streams, envelope.written, () => {
      this.#gaps.add(order.nsp);
      this.#headStart.drop(order);
    });
  }

  /** Whether the sockets of this server are not kept waiting for the log. */
  get #isAhead(): boolean {
    return !this.#isUp || this.#writer.stalled;
  }

  #goAhead(): void {
    for (const order of this.#headStart.waiting) {
      this.#headStart.take(order);
      this.#home.ahead(order);
    }
  }

  /** What was dropped is nowhere in the log: recoveries across this place must fail. */
  #markGaps(): void {
    const gaps = [...this.#gaps];
    this.#gaps.clear();
    for (const nsp of gaps) this.#note(GAP, nsp, [this.#streamOf(nsp, undefined)]);
  }

  /** What offsets end with while clients have had what is not in the log yet. */
  mark(number?: number): string {
    return this.#headStart.mark(number);
  }

  /** The present: what is said from now on comes after it. */
  momentOf(nsp: string): Moment {
    return momentOf(this.delivered, this.#headStart.coming(nsp));
  }

  /** All that has come by the log. */
  get handedOn(): Moment {
    return { position: this.delivered, marks: [{ node: this.#from, number: this.heard }] };
  }

  /** Up to which of this server's broadcasts they have come by the log. */
  get heard(): number {
    return this.#headStart.heard;
  }

  /** What the sockets here wait for, oldest first. */
  get waiting(): Logged[] {
    return this.#headStart.waiting;
  }

  /** Up to where that goes in one namespace; nothing when it has none. */
  awaited(nsp: string): Mark[] {
    return this.#headStart.awaited(nsp);
  }

  /** How many broadcasts that were said here are known to be in the log. */
  get settled(): number {
    return this.#headStart.settled;
  }

  /** What the sockets here have had, and the log may not have had when so many were settled, oldest first. */
  early(settled: number): Logged[] {
    return this.#headStart.early(settled);
  }

  /** After which position all is in the log that was said here and is not known to be there. */
  get outstandingAfter(): number {
    return Math.max(this.#headStart.after, this.#origin);
  }

  /** Follows a room, or all that is for the whole namespace; a promise when its entries do not arrive yet. */
  watch(nsp: string, room: string | undefined): Promise<void> | undefined {
    return this.#interest.add(this.#streamOf(nsp, room));
  }

  unwatch(nsp: string, room: string | undefined): void {
    this.#interest.remove(this.#streamOf(nsp, room));
  }

  /** A promise when a room, or the whole namespace, is followed, and its entries do not arrive yet. */
  pending(nsp: string, room: string | undefined): Promise<void> | undefined {
    return this.#interest.pending(this.#streamOf(nsp, room));
  }

  /** The position of the log when this server began to follow a room. */
  startOf(nsp: string, room: string): number {
    return this.#starts.get(this.#streamOf(nsp, room)) ?? 0;
  }

  /** What came after a position, for these rooms and the whole namespace. */
  read(nsp: string, rooms: Iterable<string>, after: number): Promise<LogPage> {
    const streams = new Set([this.#streamOf(nsp, undefined)]);
    for (const room of rooms) streams.add(this.#streamOf(nsp, room));
    return this.#durable.log.read([...streams], after);
  }

  /** The broadcast that an entry holds, and who sent it; throws a MessageError when it holds none. */
  open({ message }: LogEntry): { from: NodeId; order: Logged } | undefined {
    const { from, messages } = decodeEnvelope(message);
    const [order] = messages;
    return order?.kind === "broadcast" ? { from, order } : undefined;
  }

  /** The latest position of the log; one question for all who ask in the same moment. */
  #latest(): Promise<number> {
    this.#head ??= this.#durable.log.head().finally(() => {
      this.#head = undefined;
    });
    return this.#head;
  }

  /** Resolves with whether the engine can be reached, after `timeout` milliseconds at the latest. */
  async reachable(timeout: number): Promise<boolean> {
    if (this.#state === "up") return true;
    let wake = (): void => {};
    const up = new Promise<void>((resolve) => {
      wake = resolve;
      this.#waiting.push(resolve);
    });
    const timer = this.#clock.setTimeout(wake, timeout);
    await up;
    this.#clock.clearTimeout(timer);
    return this.#isUp;
  }

  get #isUp(): boolean {
    return this.#state === "up";
  }

  #streamOf(nsp: string, room: string | undefined): string {
    return room === undefined ? this.#topics.namespace(nsp) : this.#topics.room(nsp, room);
  }

  async #follow(stream: string): Promise<Undo> {
    this.#followed.set(stream, (this.#followed.get(stream) ?? 0) + 1);
    const forget = (): void => {
      const left = (this.#followed.get(stream) ?? 1) - 1;
      if (left > 0) this.#followed.set(stream, left);
      else {
        this.#followed.delete(stream);
        this.#starts.delete(stream);
      }
    };
    try {
      await this.#begun;
      // Nobody asks for a room that is new meanwhile, and what comes of it could be passed by the answer for the others.
      while (this.#isAsking) await new Promise<void>((resolve) => this.#latecomers.push(resolve));
      // Asked first: what comes between the two answers is heard by nobody yet, and replayed to those who miss it.
      const before = this.#held ? 0 : await this.#latest().catch(() => 0);
      // Its connection may be closed by now.
      if (this.#stopped) return forget;
      this.#starts.set(stream, before);
      const undo = await this.#durable.log.subscribe(stream, (entry) => this.#take(entry));
      return () => {
        forget();
        undo();
      };
    } catch (error) {
      forget();
      throw error;
    }
  }

  #take(entry: LogEntry): void {
    if (this.#held) this.#held.push(entry);
    else this.#handOn(entry, false);
  }

  #handOn(entry: LogEntry, late: boolean): void {
    // It comes once by each of its streams that are followed.
    if (entry.position <= this.delivered) return;
    try {
      const opened = this.open(entry);
      if (!opened) return;
      const known = opened.from === this.#from && this.#headStart.hear(opened.order.copy);
      const { from, order } = opened;
      if (isPlace(order)) this.#home.passed(from, order.copy);
      else if (!isGap(order)) this.#home.entered({ order, position: entry.position, from, late, known });
    } catch (error) {
      this.#home.failed(error);
    } finally {
      this.delivered = entry.position;
    }
  }

  #onBus(state: BusState): void {
    if (state === this.#state) return;
    this.#state = state;
    if (state === "down") {
      this.#held ??= [];
      this.#catchingUp++;
      this.#endAsking();
      this.#goAhead();
      return;
    }
    this.#markGaps();
    for (const wake of this.#waiting.splice(0)) wake();
    this.#writer.wake();
    void this.#catchUp();
  }

  async #catchUp(): Promise<void> {
    const attempt = this.#catchingUp;
    const isLatest = (): boolean => attempt === this.#catchingUp;
    await this.#begun;
    const page = await this.#retried(() => this.#missed(isLatest), isLatest);
    // Otherwise the next "up" begins anew.
    if (!page || !isLatest()) return;
    const held = this.#held ?? [];
    this.#held = undefined;
    // Who has come into a room that is not heard yet has what was read of it.
    this.#starts.clear();
    this.#endAsking();
    for (const entry of [...page.entries, ...held]) this.#handOn(entry, true);
    if (!page.complete) {
      this.#home.failed(new Error("log: entries of the time of the interruption are no longer there"));
    }
  }

  async #missed(isLatest: () => boolean): Promise<LogPage> {
    this.#isAsking = true;
    try {
      return await this.#durable.log.read([...this.#followed.keys()], this.delivered);
    } catch (error) {
      if (isLatest()) this.#endAsking();
      throw error;
    }
  }

  #endAsking(): void {
    this.#isAsking = false;
    for (const resume of this.#latecomers.splice(0)) resume();
  }

  /** Asks until the engine answers, or nobody wants to know any longer. */
  async #retried<Value>(ask: () => Promise<Value>, isWanted: () => boolean): Promise<Value | undefined> {
    while (isWanted()) {
      try {
        return await ask();
      } catch {
        await new Promise<void>((resolve) => {
          this.#clock.setTimeout(resolve, 100);
        });
      }
    }
    return undefined;
  }
}
