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

/** A client on its way here. */
interface Expected {
  /** How many connections of it wait. */
  connections: number;
  readonly news: Array<[news: News, term: number]>;
}

export class Deliveries implements DeliveryHome {
  readonly options: DeliveryOptions;
  readonly ledger: Ledger | undefined;
  readonly #namespace: DeliveryNamespace;
  readonly #byId = new Map<string, ClientDelivery>();
  readonly #away = new Set<ClientDelivery>();
  /** Clients that others are asked for, and what is heard of them meanwhile. */
  readonly #expected = new Map<string, Expected>();
  readonly #deadlines: DeadlineQueue<ClientDelivery>;
  #onEmpty: (() => void) | undefined;

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

  /** Asks the other servers for a client that is not known here for sure; begins anew when none knows it. */
  async fetch({ id = "" }: Offer): Promise<ClientDelivery> {
    const mine = this.#byId.get(id);
    if (mine && this.ledger && (await this.#isOurs(mine, this.ledger))) return mine;
    const expected = this.#expected.get(id) ?? { connections: 0, news: [] };
    this.#expected.set(id, expected);
    expected.connections++;
    try {
      const delivery = await this.#bring(id);
      for (const [news, term] of expected.news.splice(0)) delivery.hear(news, term);
      return delivery;
    } finally {
      if (--expected.connections === 0) this.#expected.delete(id);
    }
  }

  async #bring(id: string): Promise<ClientDelivery> {
    const state = this.ledger
      ? await this.#takeOver(id, this.ledger)
      : latest(await this.#ask(id, TAKE_TIMEOUT));
    // Two connections of a client may ask at the same time.
    const known = this.#byId.get(id);
    if (known) return known;
    if (!state) return this.#begin();
    const delivery = this.#add(ClientDelivery.of(state, this));
    // Written down before the client learns of it: the server before may not have come to that.
    if (this.ledger) await this.#isOurs(delivery, this.ledger);
    return delivery;
  }

  /** Whether no other server has taken over a client that was here before. */
  async #isOurs(delivery: ClientDelivery, ledger: Ledger): Promise<boolean> {
    const { id } = delivery;
    const ours = await ledger.keep(id, () => delivery.record, TAKE_TIMEOUT);
    if (ours === false) this.lost(delivery);
    return this.#byId.get(id) === delivery;
  }

  /** First what is written, so that nobody else adds to it; the server that wrote it may know of handlers that run. */
  async #takeOver(id: string, ledger: Ledger): Promise<DeliveryState | undefined> {
    const written = await ledger.take(id, TAKE_TIMEOUT);
    const known = isState(written) ? [written] : [];
    const states = await this.#ask(id, written ? RECORDED_TIMEOUT : TAKE_TIMEOUT, known[0]?.term);
    return latest([...known, ...states]);
  }

  /** The states of servers that have the client in this term or a later one. */
  #ask(id: string, timeout: number, term = 0): Promise<DeliveryState[]> {
    return new Promise((resolve) => {
      const timer = this.clock.setTimeout(() => resolve([]), timeout);
      const done = (_error: unknown, answers: unknown): void => {
        this.clock.clearTimeout(timer);
        resolve(Array.isArray(answers) ? answers.filter(isState) : []);
      };
      void this.#namespace.tell([TAKE, id, term, done]);
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
    if (this.#byId.size === 0) this.#onEmpty?.();
  }

  /** Another server says something; returns whether it was for us and not for the application. */
  hear([event, id, ...rest]: Untyped[]): boolean {
    const delivery = this.#byId.get(id);
    if (event === TAKE) {
      const [term, reply] = rest;
      const state = delivery && this.#handOver(delivery, term);
      if (typeof reply === "function") reply(state ?? null);
    } else if (event === NEWS) {
      const [news, term] = rest as [News, number];
      const expected = this.#expected.get(id);
      if (expected) expected.news.push([news, term]);
      else delivery?.hear(news, term);
    } else return false;
    return true;
  }

  #handOver(delivery: ClientDelivery, term: number): DeliveryState | undefined {
    if (delivery.term >= term) {
      this.#forget(delivery);
      return delivery.handOver();
    }
    // Taken over earlier, when this server could not be asked: what it still has to say, it finds out now and passes on.
    if (this.ledger) void this.#isOurs(delivery, this.ledger);
    return undefined;
  }

  expired({ socketId }: ClientDelivery, events: Untyped[][], reason: ReliableExpiry): void {
    this.#namespace.report({ socketId, events, reason });
  }

  lost(delivery: ClientDelivery): void {
    if (this.#byId.get(delivery.id) === delivery) this.#forget(delivery);
    delivery.lose();
  }

  passOn({ id, term }: ClientDelivery, news: News): void {
    void this.#namespace.tell([NEWS, id, news, term]);
  }

  /** Resolves when other servers have taken over all clients, or have had the time to. */
  handedOver(): Promise<void> {
    if (this.#byId.size === 0) return Promise.resolve();
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
    this.ledger?.close();
    for (const delivery of this.#away) this.#deadlines.remove(delivery);
    this.#away.clear();
    this.#byId.clear();
  }
}

function isState(value: unknown): value is DeliveryState {
  const { id, term, handled, last, events, origins } = (value ?? {}) as Partial<DeliveryState>;
  return (
    typeof id === "string" &&
    typeof term === "number" &&
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
