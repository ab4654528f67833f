/** The clients of a namespace whose events are delivered for sure: found by a secret id, wherever they were before. */
import { createPrivateId } from "@sockeye/adapter";
import { type Clock, DeadlineQueue, type Untyped } from "@sockeye/core";
import {
  ClientDelivery,
  type DeliveryHome,
  type DeliveryState,
  type News,
  type ReliableExpiry,
} from "./client-delivery.ts";
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

export class Deliveries implements DeliveryHome {
  readonly options: DeliveryOptions;
  readonly #namespace: DeliveryNamespace;
  readonly #byId = new Map<string, ClientDelivery>();
  readonly #away = new Set<ClientDelivery>();
  readonly #deadlines: DeadlineQueue<ClientDelivery>;
  #onEmpty: (() => void) | undefined;

  constructor(namespace: DeliveryNamespace, options: DeliveryOptions) {
    this.#namespace = namespace;
    this.options = options;
    this.#deadlines = new DeadlineQueue(namespace.clock, options.duration, (delivery) =>
      this.#expire(delivery, "timeout"),
    );
  }

  get clock(): Clock {
    return this.#namespace.clock;
  }

  /** What is known here of the client; something new for one that has no id yet. */
  find({ id }: Offer): ClientDelivery | undefined {
    return id === undefined ? this.#begin() : this.#byId.get(id);
  }

  /** Asks the other servers for a client that is not known here; begins anew when none knows it. */
  async fetch({ id }: Offer): Promise<ClientDelivery> {
    const state = (await this.#ask(id)) as DeliveryState | undefined;
    // Two connections of a client may ask at the same time.
    const known = this.#byId.get(id as string);
    if (known) return known;
    return state ? this.#add(ClientDelivery.of(state, this)) : this.#begin();
  }

  #ask(id: string | undefined): Promise<unknown> {
    return new Promise((resolve) => {
      const timer = this.clock.setTimeout(() => resolve(undefined), TAKE_TIMEOUT);
      const done = (_error: unknown, answers: unknown): void => {
        this.clock.clearTimeout(timer);
        resolve(Array.isArray(answers) ? answers.find(isState) : undefined);
      };
      void this.#namespace.tell([TAKE, id, done]);
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
      const [reply] = rest;
      if (delivery) this.#forget(delivery);
      if (typeof reply === "function") reply(delivery?.move() ?? null);
    } else if (event === NEWS) delivery?.hear(rest[0] as News);
    else return false;
    return true;
  }

  expired({ socketId }: ClientDelivery, events: Untyped[][], reason: ReliableExpiry): void {
    this.#namespace.report({ socketId, events, reason });
  }

  passOn({ id }: ClientDelivery, news: News): void {
    void this.#namespace.tell([NEWS, id, news]);
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
    for (const delivery of this.#away) this.#deadlines.remove(delivery);
    this.#away.clear();
    this.#byId.clear();
  }
}

function isState(value: unknown): value is DeliveryState {
  const { id, handled, last, events } = (value ?? {}) as Partial<DeliveryState>;
  return (
    typeof id === "string" && Array.isArray(handled) && typeof last === "number" && Array.isArray(events)
  );
}
