/** This server as a member of the cluster: one for all its namespaces. */
import { randomBytes } from "node:crypto";
import type { Timer } from "@sockeye/core";
import { Allowance } from "./allowance.ts";
import { answer, perform } from "./answer.ts";
import type { Bus, BusState, Undo } from "./bus.ts";
import { MessageError } from "./bytes.ts";
import type { ClusterState } from "./cluster-state.ts";
import { decodeEnvelope, type Envelope, encodeMessage, isFrom, openEnvelope } from "./codec.ts";
import { Search, Summons } from "./inquiries.ts";
import { Interest } from "./interest.ts";
import { Journal } from "./journal.ts";
import type { LocalNamespace } from "./local-namespace.ts";
import type { DurableBus } from "./log.ts";
import { Membership } from "./membership.ts";
import {
  EMITTER,
  type Search as Locate,
  type Message,
  type NodeId,
  type Order,
  type Place,
  type Question,
} from "./message.ts";
import type { ClusterOptions } from "./options.ts";
import { Orders } from "./orders.ts";
import { Outbox } from "./outbox.ts";
import { RecentCopies } from "./recent-copies.ts";
import { Relay } from "./relay.ts";
import { type Inquiry, RequestLedger } from "./request-ledger.ts";
import { Reunion } from "./reunion.ts";
import { StartUp } from "./start-up.ts";
import type { Store } from "./store.ts";
import { Topics } from "./topics.ts";
import { Turns } from "./turns.ts";

/** Milliseconds to wait for the last words of a session's server; what it has written down is at hand already. */
const YIELD_TIMEOUT = 1_000;

/** Sessions that the store does not have, and all servers are asked for: so many per second. */
const MAX_SEARCHES = 200;

/** Connects the namespaces of one server to those of the others. */
export class ClusterNode {
  readonly id: NodeId = randomBytes(12).toString("base64url");
  readonly options: Required<ClusterOptions>;
  /** Streams of the sessions of one server that reach another one. */
  readonly relay: Relay;
  readonly #bus: Bus;
  readonly #topics: Topics;
  readonly #orders: Orders;
  readonly #outbox: Outbox;
  readonly #membership: Membership;
  readonly #requests: RequestLedger;
  readonly #interest: Interest;
  readonly #durable: { journal: Journal; store: Store } | undefined;
  readonly #copies = new RecentCopies();
  readonly #turns: Turns;
  readonly #startUp: StartUp;
  /** How this server's own envelopes begin. */
  readonly #opening: Uint8Array = openEnvelope(this.id).written;
  readonly #namespaces = new Map<string, LocalNamespace>();
  /** Ends the waiting of those who join a room that is not listened to yet. */
  readonly #joining = new Set<() => void>();
  #running: { ready: Promise<void>; unobserve: Undo } | undefined;
  /** Whether it hears what others say to its clients. */
  #isHearing = false;
  #tellLater: Timer;
  #busState: BusState = "up";
  readonly #reunion: Reunion;
  readonly #searches: Allowance;
  #malformed = 0;
  #received = 0;

  /** @param durable where sessions are recovered on any server; `bus` is its bus then */
  constructor(bus: Bus, options: Required<ClusterOptions>, durable?: DurableBus) {
    this.options = options;
    this.#bus = bus;
    const { clock, heartbeatInterval, heartbeatTimeout } = options;
    this.#topics = new Topics(options.prefix, bus.roomTopics);
    this.#outbox = new Outbox(bus, this.id, options.maxBufferedBytes);
    this.#requests = new RequestLedger(clock);
    this.#turns = new Turns(clock);
    this.#interest = new Interest(
      clock,
      options.linger,
      (topic) => bus.subscribe(topic, (bytes) => this.#receive(bytes)),
      (error) => this.#report(error),
    );
    this.#durable = durable && { journal: this.#keepJournal(durable), store: durable.store };
    this.#orders = new Orders(this.#topics, clock, this.#outbox, this.#durable?.journal);
    this.#membership = new Membership(
      clock,
      { interval: heartbeatInterval, timeout: heartbeatTimeout },
      {
        say: (kind, to) =>
          this.#send(to === undefined ? this.#topics.everyone : this.#topics.inbox(to), { kind }, false),
        joined: (node) => {
          this.#report();
          this.#reunion.joined(node);
          this.#startUp.joined();
        },
        left: (node) => {
          this.#requests.forget(node);
          this.relay.forget(node);
          this.#report();
        },
      },
    );
    this.#searches = new Allowance(clock, MAX_SEARCHES);
    this.#startUp = new StartUp(clock, heartbeatInterval);
    this.#reunion = new Reunion(clock, { patience: heartbeatInterval, timeout: heartbeatTimeout }, () => {
      if (this.#busState === "up") this.#outbox.gate = "open";
    });
    this.relay = new Relay(
      this.id,
      {
        clock,
        send: (to, message) => this.#send(this.#topics.inbox(to), message, false),
        relief: () => this.#outbox.relief(),
        peer: (beginning) => this.#startUp.find(() => this.#membership.find(beginning)),
        locate: (sid) => this.#locate(sid),
      },
      options.requestTimeout,
    );
  }

  /** How many servers there are, this one included. */
  get servers(): number {
    return 1 + this.#membership.size;
  }

  /** Whether there is a log. */
  get durable(): boolean {
    return this.#durable !== undefined;
  }

  /** What this server appends to the log and follows of it; throws where there is none. */
  get journal(): Journal {
    return this.#recovery.journal;
  }

  /** What the servers of the cluster share; throws where there is no log. */
  get store(): Store {
    return this.#recovery.store;
  }

  get #recovery(): { journal: Journal; store: Store } {
    if (!this.#durable) throw new Error("cluster: expected a durable bus, got one without a log");
    return this.#durable;
  }

  get state(): ClusterState {
    const kept = this.#durable?.journal.counts;
    const { published, dropped, bufferedBytes } = this.#outbox.counts;
    return {
      bus: this.#busState,
      servers: this.servers,
      counts: {
        published,
        dropped: dropped + (kept?.dropped ?? 0),
        bufferedBytes: bufferedBytes + (kept?.bufferedBytes ?? 0),
        malformed: this.#malformed,
        received: this.#received,
        roomTopics: this.#interest.size,
        relayed: this.relay.calls,
      },
    };
  }

  /** Adds a namespace; resolves when messages for it arrive. */
  async attach(local: LocalNamespace): Promise<void> {
    this.#namespaces.set(local.name, local);
    this.#running ??= this.#start();
    await Promise.all([
      this.#running.ready,
      this.#interest.add(this.#topics.namespace(local.name)),
      this.#durable?.journal.watch(local.name, undefined),
    ]);
  }

  /** Removes a namespace; with the last one, this server leaves the cluster. */
  async detach(local: LocalNamespace): Promise<void> {
    if (this.#namespaces.get(local.name) !== local) return;
    this.#namespaces.delete(local.name);
    this.#interest.remove(this.#topics.namespace(local.name));
    this.#durable?.journal.unwatch(local.name, undefined);
    if (this.#namespaces.size === 0) await this.#stop();
  }

  /**
   * A room has its first member here; a promise when messages for it do not arrive yet. An outage of the bus is not
   * waited out: nothing can be missed meanwhile, and when it is over, rooms are listened to before anything is said.
   */
  watch(nsp: string, room: string): Promise<void> | undefined {
    return this.#unlessDown(this.#interest.add(this.#topics.room(nsp, room)));
  }

  /** A room has one more member here; a promise when messages for it do not arrive yet. */
  pending(nsp: string, room: string): Promise<void> | undefined {
    return this.#unlessDown(this.#interest.pending(this.#topics.room(nsp, room)));
  }

  #unlessDown(heard: Promise<void> | undefined): Promise<void> | undefined {
    if (!heard) return undefined;
    return new Promise((resolve, reject) => {
      this.#joining.add(resolve);
      heard.then(resolve, reject).finally(() => this.#joining.delete(resolve));
      if (this.#busState === "down") resolve();
    });
  }

  /** A room has lost its last member here. */
  unwatch(nsp: string, room: string): void {
    this.#interest.remove(this.#topics.room(nsp, room));
  }

  /** Tells the servers that have members of these rooms; all of the namespace when there are none. */
  tell(rooms: ReadonlySet<string>, order: Order): void {
    this.#orders.tell(rooms, order);
  }

  /**
   * Asks all servers that are alive, for `timeout` milliseconds; after an interruption, when those are back who were
   * there before. While the bus is down there is nobody to ask.
   */
  ask(timeout: number, inquiry: Inquiry, question: (request: number) => Question | Locate): void {
    const request = this.#requests.next();
    // Encoded first: what cannot be sent throws before anything waits for it.
    const message = encodeMessage(question(request));
    const ask = (): void => {
      const { peers } = this.#membership;
      if (peers.size > 0) this.#outbox.send(this.#topics.everyone, message, false);
      this.#requests.open(request, peers, timeout, inquiry);
    };
    const reunion = this.#busState === "up" ? this.#reunion.over : undefined;
    if (reunion) void reunion.then(ask);
    else ask();
  }

  /**
   * What another server has to say of a session that has moved here; `undefined` when it does not answer soon: of one
   * that was killed, nobody waits until that is certain.
   */
  async yielded(node: NodeId, nsp: string, pid: string): Promise<unknown> {
    if (!this.#membership.peers.has(node)) return undefined;
    return this.#askForSession(this.#topics.inbox(node), new Set([node]), nsp, pid);
  }

  /**
   * The same of a session that any server may have, those included that cannot be heard yet after an interruption.
   * Rejects when there is another one meanwhile.
   */
  async found(nsp: string, pid: string): Promise<unknown> {
    if (!this.#searches.take()) return undefined;
    await this.#startUp.over;
    await this.#reunion.over;
    const found = await this.#askForSession(this.#topics.everyone, this.#membership.peers, nsp, pid);
    if (this.#busState === "down") throw new Error("cluster: the bus went down");
    return found;
  }

  #askForSession(topic: string, nodes: ReadonlySet<NodeId>, nsp: string, pid: string): Promise<unknown> {
    const request = this.#requests.next();
    if (nodes.size > 0) this.#send(topic, { kind: "yield", nsp, request, pid }, false);
    const timeout = Math.min(YIELD_TIMEOUT, this.options.heartbeatTimeout);
    return new Promise((resolve) => {
      this.#requests.open(request, nodes, timeout, new Summons(resolve));
    });
  }

  #keepJournal(durable: DurableBus): Journal {
    return new Journal(durable, this.id, this.options, {
      entered: (entered) => {
        this.#turns.heard(entered.from, entered.order.copy);
        surfacing(() => this.#namespaces.get(entered.order.nsp)?.entered(entered));
      },
      ahead: (order) => surfacing(() => this.#namespaces.get(order.nsp)?.ahead(order)),
      passed: (from, place) => this.#turns.read(from, place),
      failed: (error) => this.#report(error),
    });
  }

  #locate(sid: string): Promise<NodeId | undefined> {
    return new Promise((resolve) => {
      this.ask(this.options.requestTimeout, new Search(resolve), (request) => ({
        kind: "locate",
        request,
        sid,
      }));
    });
  }

  #start(): { ready: Promise<void>; unobserve: Undo } {
    const unobserve = this.#bus.observe((state) => this.#onBus(state));
    // Of an engine that is away from the start, nobody has been told: the application was not listening yet.
    this.#startUp.begin();
    this.#tellLater = this.options.clock.setTimeout(() => {
      if (this.#busState === "down") this.#report();
    }, this.options.heartbeatInterval);
    return { ready: this.#arrive(), unobserve };
  }

  /** Whoever knows of this server may say something to its clients: it hears that before it says hello. */
  async #arrive(): Promise<void> {
    const topics = [this.#topics.everyone, this.#topics.inbox(this.id)];
    const listening = topics.map((topic) => this.#interest.add(topic));
    await Promise.all([...listening, this.#durable?.journal.start()]);
    const heard = Array.from(this.#namespaces.keys(), (nsp) => [
      this.#interest.pending(this.#topics.namespace(nsp)),
      this.#durable?.journal.pending(nsp, undefined),
    ]);
    // One that fails is reported.
    await Promise.allSettled(heard.flat());
    // It may have been stopped meanwhile.
    if (!this.#running) return;
    this.#isHearing = true;
    this.#meet();
  }

  #meet(): void {
    this.#startUp.begin();
    this.#membership.start();
  }

  async #stop(): Promise<void> {
    this.options.clock.clearTimeout(this.#tellLater);
    this.#membership.stop();
    this.#startUp.end();
    this.#reunion.end();
    this.#turns.release();
    this.#interest.clear();
    this.#running?.unobserve();
    this.#running = undefined;
    this.#isHearing = false;
    await Promise.all([this.#outbox.flushed(), this.#durable?.journal.stop()]);
  }

  #send(topic: string, message: Message, keep: boolean): void {
    this.#outbox.send(topic, encodeMessage(message), keep);
  }

  #receive(bytes: Uint8Array): void {
    if (isFrom(bytes, this.#opening)) return;
    const envelope = this.#decode(bytes);
    if (!envelope) return;
    this.#received++;
    if (!envelope.from.startsWith(EMITTER)) this.#membership.heard(envelope.from);
    for (const message of envelope.messages) surfacing(() => this.#handle(envelope.from, message));
  }

  #decode(bytes: Uint8Array): Envelope | undefined {
    try {
      return decodeEnvelope(bytes);
    } catch (error) {
      if (!(error instanceof MessageError)) throw error;
      this.#malformed++;
      return undefined;
    }
  }

  #handle(from: NodeId, message: Message): void | Promise<void> {
    switch (message.kind) {
      case "hello":
        return this.#membership.welcome(from);
      case "heartbeat":
        return;
      case "goodbye":
        return this.#membership.depart(from);
      case "broadcast":
      case "join":
      case "leave":
      case "disconnect":
      case "emit":
        return this.#turns.take(from, () => surfacing(() => this.#obey(from, message)));
      case "after":
        return this.#await(from, message);
      case "fetch":
      case "ask":
      case "poll":
        return this.#turns.take(from, () => surfacing(() => this.#answer(from, message)));
      case "yield":
        return this.#answer(from, message);
      case "locate":
        return this.#send(
          this.#topics.inbox(from),
          { kind: "located", request: message.request, found: this.relay.has(message.sid) },
          false,
        );
      case "dial":
      case "chunk":
      case "grant":
      case "finish":
      case "depart":
      case "hang":
        return this.relay.receive(from, message);
      case "located":
      case "sockets":
      case "reply":
      case "polled":
      case "ack":
        return this.#requests.answer(from, message);
    }
  }

  /** Of rooms that nobody here is in, nothing may come by the log. */
  #await(from: NodeId, { nsp, rooms, number }: Place): void {
    if (this.#durable && this.#namespaces.get(nsp)?.has(rooms)) this.#turns.hold(from, number);
  }

  #answer(from: NodeId, question: Question): void | Promise<void> {
    return answer(question, this.#namespaces.get(question.nsp), (reply) =>
      this.#send(this.#topics.inbox(from), reply, false),
    );
  }

  #obey(from: NodeId, order: Order): void {
    if ("copy" in order && order.copy > 0 && !this.#copies.isNew(from, order.copy)) return;
    const local = this.#namespaces.get(order.nsp);
    if (local) perform(order, local);
  }

  #onBus(state: BusState): void {
    if (state === this.#busState) return;
    this.#busState = state;
    if (state === "down") this.#onDown();
    else this.#onUp();
    this.#report();
  }

  #onDown(): void {
    this.#outbox.gate = "shut";
    for (const resolve of this.#joining) resolve();
    this.#turns.release();
    this.#reunion.part(this.#membership.peers);
    this.#membership.clear();
  }

  // What was kept is for all who were there; the others find back to the bus at about the same time.
  #onUp(): void {
    this.#outbox.gate = "ajar";
    if (this.#isHearing) this.#meet();
    this.#reunion.begin();
  }

  #report(error?: unknown): void {
    const state = error === undefined ? this.state : { ...this.state, error };
    for (const local of this.#namespaces.values()) local.stateChanged(state);
  }
}

/** Runs what may call the application: its errors surface as uncaught ones and stop nothing else. */
function surfacing(task: () => void | Promise<void>): void {
  const surface = (error: unknown): void =>
    queueMicrotask(() => {
      throw error;
    });
  try {
    task()?.catch(surface);
  } catch (error) {
    surface(error);
  }
}
