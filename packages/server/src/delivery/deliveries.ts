/** The clients of a namespace whose events are delivered for sure: found by a secret id, wherever they were before. */
import { createPrivateId, type SharedRecords } from "@sockeye/adapter";
import { type Clock, DeadlineQueue, type Untyped } from "@sockeye/core";
import {
  ClientDelivery,
  type DeliveryHome,
  type DeliveryState,
  type News,
  type ReliableExpiry,
} from "./client-delivery.ts";
import { Ledger } from "./ledger.ts";
import type { DeliveryOptions } from "./options.ts";

/** What is told to the namespace's listeners. */
export interface ReliableExpired {
  /** The id of the socket that the client has, or had last on this server. */
  socketId: string;
  /** `[event, ...args]` of each, oldest first. */
  events: Untyped[][];
  /** Too many or too large; the client did not come back in time; more recent clients needed the place. */
  reason: ReliableExpiry;
}

/** What the registry needs of its namespace. */
export interface DeliveryNamespace {
  readonly clock: Clock;
  /** Where records are shared with the other servers, if anywhere. */
  readonly records: SharedRecords | undefined;
  /** Sends to the other servers. */
  tell(packet: Untyped[]): unknown;
  /** Events were given up. */
  report(expired: ReliableExpired): void;
}

/** Between servers: who has this client? The one who has, gives it away. */
const TAKE = "sockeye:take";
/** Between servers: news of a client from where it was before. */
const NEWS = "sockeye:news";

/** Other servers that do not answer are waited for no longer than this, in milliseconds. */
const TAKE_TIMEOUT = 5000;

/** The same when what the other one has written down is at hand, and only the handlers that run there are not known. */
const RECORDED_TIMEOUT = 1000;

/** What a client says of itself in its CONNECT packet: its id, if it has one, and the last event it received. */
export interface Offer {
  readonly id: string | undefined;
  readonly received: number;
}

/** Reads the offer out of a client's auth payload; undefined when there is none, or none that can be meant. */
export function offerOf(auth: Record<string, Untyped> | undefined): Offer | undefined {
  const offer: unknown = auth?.delivery;
  if (!Array.isArray(offer)) return undefined;
  const [id, received] = offer as unknown[];
  if (typeof received !== "number" || (typeof id !== "string" && id !== null)) return undefined;
  return { id: id ?? undefined, received };
}

/** Milliseconds between attempts to tell news that no server is there for. */
const NEWS_PAUSE = 1000;

/** What is heard of a client before it is here. */
type Hearsay = (delivery: ClientDelivery) => void;

/** A client on its way here. */
interface Expected {
  readonly arrival: Promise<ClientDelivery | undefined>;
  readonly news: Hearsay[];
}

/** As this server gives them. */
const ID = /^[\w-]{24}$/;

export class Deliveries implements DeliveryHome {
  readonly options: DeliveryOptions;
  readonly ledger: Ledger | undefined;
  readonly #namespace: DeliveryNamespace;
  readonly #byId = new Map<string, ClientDelivery>();
  readonly #away = new Set<ClientDelivery>();
  /** Clients that are elsewhere while handlers run here, or news is told, and when they left; the earliest first. */
  readonly #leaving = new Map<ClientDelivery, number>();
  /** Clients that others are asked for, and what is heard of them meanwhile. */
  readonly #expected = new Map<string, Expected>();
  readonly #deadlines: DeadlineQueue<ClientDelivery>;
  #onEmpty: (() => void) | undefined;
  #closed = false;

  constructor(namespace: DeliveryNamespace, options: DeliveryOptions) {
    this.#namespace = namespace;
    this.options = options;
    if (options.durable && namespace.records) {
      this.ledger = new Ledger(namespace.records, namespace.clock, options.duration);
    }
    this.#deadlines = new DeadlineQueue(namespace.clock, options.duration, (delivery) =>
      this.#expire(delivery, "timeout"),
    );
  }

  get clock(): Clock {
    return this.#namespace.clock;
  }

  /**
   * What is known here of the client; something new for one that has no id yet. With a ledger, another server may
   * know more of it.
   */
  find({ id }: Offer): ClientDelivery | undefined {
    if (id === undefined) return this.#begin();
    return this.ledger ? undefined : this.#byId.get(id);
  }

  /**
   * Asks the other servers for a client that is not known here for sure; begins anew when none knows it. Undefined when it
   * is elsewhere already.
   */
  async fetch({ id = "" }: Offer): Promise<ClientDelivery | undefined> {
    // Two connections of a client may come one after the other; what the first one finds may be overtaken by then.
    for (let earlier = this.#expected.get(id); earlier; earlier = this.#expected.get(id)) {
      await earlier.arrival.catch(() => {});
    }
    const news: Hearsay[] = [];
    const arrival = this.#arrive(id, news);
    this.#expected.set(id, { arrival, news });
    return arrival;
  }

  async #arrive(id: string, news: readonly Hearsay[]): Promise<ClientDelivery | undefined> {
    try {
      const mine = this.#byId.get(id);
      const delivery = mine && (await this.#isStillHere(mine)) ? mine : await this.#bring(id);
      if (delivery?.id === id) for (const tell of news) tell(delivery);
      return delivery;
    } finally {
      this.#expected.delete(id);
    }
  }

  async #bring(id: string): Promise<ClientDelivery | undefined> {
    const { ledger } = this;
    if (!ledger) return this.#go(latest(await this.#ask(id, TAKE_TIMEOUT)));
    const record = await ledger.take(id, TAKE_TIMEOUT);
    if (!record) return this.#beginAsking(id, ledger);
    const delivery = this.#go(await this.#stateOf(id, record.written));
    // Written down before the client learns of it: the server before may not have come to that.
    return (await this.#isOurs(delivery, ledger)) ? delivery : undefined;
  }

  #go(state: DeliveryState | undefined): ClientDelivery {
    return state ? this.#add(ClientDelivery.of(state, this)) : this.#begin();
  }

  /** Whether no other server has taken over a client that was here before. */
  async #isStillHere(delivery: ClientDelivery): Promise<boolean> {
    return !this.ledger || delivery.isAsking || (await this.#isOurs(delivery, this.ledger));
  }

  /** Writes it down, if the engine can be reached; `false` when another server has taken the client over. */
  async #isOurs(delivery: ClientDelivery, ledger: Ledger): Promise<boolean> {
    const ours = await ledger.keep(delivery.id, () => delivery.record, TAKE_TIMEOUT);
    if (ours === false) this.lost(delivery);
    return this.#byId.get(delivery.id) === delivery;
  }

  /**
   * The engine is away, and the client is let in nevertheless. Who it is, is asked as soon as that is possible; unless it
   * has gone on to another server by then.
   */
  #beginAsking(id: string, ledger: Ledger): ClientDelivery {
    if (!ID.test(id)) return this.#begin();
    const delivery = new ClientDelivery(id, this);
    delivery.begin(async () => {
      const record = await ledger.take(id, Number.POSITIVE_INFINITY, () => delivery.isAsking);
      return record && this.#stateOf(id, record.written);
    });
    return this.#add(delivery);
  }

  /** The server that wrote it down may know of handlers that run, and of what it has not come to write. */
  async #stateOf(id: string, written: unknown): Promise<DeliveryState | undefined> {
    const known = isState(written) ? [written] : [];
    const states = await this.#ask(id, written ? RECORDED_TIMEOUT : TAKE_TIMEOUT, known[0]?.term);
    return latest([...known, ...states]);
  }

  /** The states of servers that have the client in this term or a later one. */
  async #ask(id: string, timeout: number, term = 0): Promise<DeliveryState[]> {
    return (await this.#answers([TAKE, id, term], timeout)).filter(isState);
  }

  /** What the other servers answer; nothing when they do not. */
  #answers(question: Untyped[], timeout: number): Promise<unknown[]> {
    return new Promise((resolve) => {
      const timer = this.clock.setTimeout(() => resolve([]), timeout);
      const done = (_error: unknown, answers: unknown): void => {
        this.clock.clearTimeout(timer);
        resolve(Array.isArray(answers) ? answers : []);
      };
      void this.#namespace.tell([...question, done]);
    });
  }

  #begin(): ClientDelivery {
    return this.#add(new ClientDelivery(createPrivateId(), this));
  }

  #add(delivery: ClientDelivery): ClientDelivery {
    this.#byId.set(delivery.id, delivery);
    this.present(delivery, false);
    return delivery;
  }

  present(delivery: ClientDelivery, here: boolean): void {
    if (here) {
      this.#away.delete(delivery);
      this.#deadlines.remove(delivery);
    } else this.#leave(delivery);
  }

  #leave(delivery: ClientDelivery): void {
    if (this.#byId.get(delivery.id) !== delivery) return;
    this.#away.add(delivery);
    this.#deadlines.renew(delivery);
    const [oldest] = this.#away;
    if (oldest && this.#away.size > this.options.maxClients) this.#expire(oldest, "evicted");
  }

  #expire(delivery: ClientDelivery, reason: ReliableExpiry): void {
    this.#forget(delivery);
    this.ledger?.forget(delivery.id);
    delivery.expire(reason);
  }

  #forget(delivery: ClientDelivery): void {
    this.#byId.delete(delivery.id);
    this.present(delivery, true);
    this.#checkEmpty();
  }

  /** Its handlers may still run. */
  #linger(delivery: ClientDelivery): void {
    const now = this.clock.now();
    for (const [earlier, at] of this.#leaving) {
      // By then whoever has the client waits for them no longer.
      if (now - at < this.options.handlerTimeout) break;
      this.#leaving.delete(earlier);
    }
    if (!delivery.isDone) this.#leaving.set(delivery, now);
  }

  done(delivery: ClientDelivery): void {
    this.#leaving.delete(delivery);
    this.#checkEmpty();
  }

  get #isEmpty(): boolean {
    return this.#byId.size === 0 && this.#leaving.size === 0;
  }

  #checkEmpty(): void {
    if (this.#isEmpty) this.#onEmpty?.();
  }

  /** Another server says something; returns whether it was for us and not for the application. */
  hear([event, id, ...rest]: Untyped[]): boolean {
    if (event === TAKE) {
      const [term, reply] = rest;
      const delivery = this.#byId.get(id);
      const state = delivery && this.#handOver(delivery, term);
      if (typeof reply === "function") reply(state ?? null);
    } else if (event === NEWS) {
      const [term, news, reply] = rest;
      if (Array.isArray(news) && typeof reply === "function") this.#hearNews(id, term, news as News[], reply);
    } else return false;
    return true;
  }

  /** @param reply is told whether the client is here, when nothing of it can be lost any more */
  #hearNews(id: string, term: number, news: News[], reply: (here: boolean) => void): void {
    const hear: Hearsay = (delivery) => delivery.hear(news, term, () => reply(true));
    const expected = this.#expected.get(id);
    const delivery = this.#byId.get(id);
    if (expected) expected.news.push(hear);
    else if (delivery) hear(delivery);
    else reply(false);
  }

  #handOver(delivery: ClientDelivery, term: number): DeliveryState | undefined {
    if (delivery.isAsking) this.lost(delivery);
    else if (delivery.term >= term) {
      const state = delivery.handOver();
      this.#linger(delivery);
      this.#forget(delivery);
      return state;
    }
    // Taken over earlier, when this server could not be asked: what it still has to say, it finds out now and passes on.
    else if (this.ledger) void this.#isOurs(delivery, this.ledger);
    return undefined;
  }

  expired({ socketId }: ClientDelivery, events: Untyped[][], reason: ReliableExpiry): void {
    this.#namespace.report({ socketId, events, reason });
  }

  lost(delivery: ClientDelivery): void {
    delivery.lose();
    this.#linger(delivery);
    if (this.#byId.get(delivery.id) === delivery) this.#forget(delivery);
  }

  async passOn(delivery: ClientDelivery, news: News[]): Promise<void> {
    const until = this.clock.now() + this.options.duration;
    while (!this.#closed && !(await this.#isHeard(delivery, news))) {
      if (this.clock.now() >= until) {
        const events = news.flatMap((each) => (each[0] === "emitted" ? [each[1]] : []));
        if (events.length > 0) this.expired(delivery, events, "timeout");
        return;
      }
      await new Promise<void>((resolve) => {
        this.clock.setTimeout(resolve, NEWS_PAUSE);
      });
    }
  }

  /** Whether the server that has the client, perhaps this one again, has the news for sure. */
  #isHeard({ id, term }: ClientDelivery, news: News[]): Promise<boolean> {
    return new Promise((resolve) => {
      this.#hearNews(id, term, news, (here) => here && resolve(true));
      void this.#answers([NEWS, id, term, news], TAKE_TIMEOUT).then((answers) =>
        resolve(answers.includes(true)),
      );
    });
  }

  /** Resolves when other servers have all clients, and what handlers here answer to them, or have had the time to. */
  handedOver(): Promise<void> {
    if (this.#isEmpty) return Promise.resolve();
    return new Promise((resolve) => {
      const timer = this.clock.setTimeout(resolve, TAKE_TIMEOUT);
      this.#onEmpty = () => {
        this.clock.clearTimeout(timer);
        resolve();
      };
    });
  }

  /** The namespace is closed: nobody comes back. */
  close(): void {
    this.#closed = true;
    this.ledger?.close();
    for (const delivery of this.#away) this.#deadlines.remove(delivery);
    this.#away.clear();
    this.#byId.clear();
    this.#leaving.clear();
  }
}

function isState(value: unknown): value is DeliveryState {
  const { id, term, keeper, handled, last, events, origins } = (value ?? {}) as Partial<DeliveryState>;
  return (
    typeof id === "string" &&
    typeof term === "number" &&
    typeof keeper === "string" &&
    Array.isArray(handled) &&
    typeof last === "number" &&
    Array.isArray(events) &&
    Array.isArray(origins)
  );
}

/** The state of the latest term; of two of the same term, the second. */
function latest(states: DeliveryState[]): DeliveryState | undefined {
  return states.reduce<DeliveryState | undefined>(
    (best, state) => (best && best.term > state.term ? best : state),
    undefined,
  );
}
