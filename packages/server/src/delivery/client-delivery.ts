/** What a server knows of one client's events, in both directions, for longer than a connection lasts. */
import type { Clock, Deadline, Untyped } from "@sockeye/core";
import { type HandledEvent, HandledEvents } from "./handled-events.ts";
import type { Ledger } from "./ledger.ts";
import type { DeliveryOptions } from "./options.ts";
import { type NumberedEvent, ReliableQueue } from "./reliable-queue.ts";

/** The socket that the client has at present. */
export interface DeliverySocket {
  readonly id: string;
  readonly client: { abandon(): void };
  sendAnswer(id: number, args: Untyped[]): void;
  sendReliable(event: NumberedEvent): void;
}

/** A client that takes part, and the number of the last event that it says it received. */
export interface Participation {
  readonly delivery: ClientDelivery;
  readonly received: number;
}

/** All of it, as it travels to the server that the client is at now. */
export interface DeliveryState {
  id: string;
  /** How often it was taken over: of several states, those of the latest term count. */
  term: number;
  handled: HandledEvent[];
  last: number;
  events: NumberedEvent[];
  /** The terms before, and the last number that each of them has given: what they tell late is known up to that. */
  origins: Origin[];
}

type Origin = [term: number, last: number];

/** News of older terms would have been on their way for longer than servers are waited for. */
const MAX_ORIGINS = 16;

/** Why events of `socket.reliable` were given up. */
export type ReliableExpiry = "overflow" | "timeout" | "evicted";

/** Where it is told what becomes of a client's events. */
export interface DeliveryHome {
  readonly options: DeliveryOptions;
  readonly clock: Clock;
  /** Where what happens is written down before the client learns of it, if anywhere. */
  readonly ledger: Ledger | undefined;
  /** Another server has taken the client over. */
  lost(delivery: ClientDelivery): void;
  /** Events were given up. */
  expired(delivery: ClientDelivery, events: Untyped[][], reason: ReliableExpiry): void;
  /** To the server that has the client now: what happened here after it had moved. */
  passOn(delivery: ClientDelivery, news: News): void;
  /** The client has come, or gone. */
  present(delivery: ClientDelivery, here: boolean): void;
}

/** A handler has answered, or something was emitted, where the client was before. */
export type News =
  | [kind: "answered", id: number, args: Untyped[]]
  /** With its number, if it was given one there: a server that has taken over may have taken it along. */
  | [kind: "emitted", data: Untyped[], number?: number];

type Answer = (...args: Untyped[]) => void;

/** What has happened, and how its client is told. */
interface Outcome {
  /** As it is told to a server that has taken the client over; undefined for what that server does by itself. */
  readonly news: News | undefined;
  tell(): void;
}

export class ClientDelivery implements Deadline {
  deadline = 0;
  previousDeadline: Deadline | undefined;
  nextDeadline: Deadline | undefined;
  readonly id: string;
  readonly term: number;
  /** The client's socket, undefined while it is away. */
  socket: DeliverySocket | undefined;
  /** The socket that it has, or had last on this server. */
  socketId = "";
  readonly #home: DeliveryHome;
  readonly #handled: HandledEvents;
  readonly #queue: ReliableQueue;
  readonly #answers = new Map<Untyped, number>();
  /** handed: another server was given all of this. lost: another server has taken over what was written down. */
  #state: "here" | "handed" | "lost" | "expired" = "here";
  /** The terms that this one follows, and the last number that was taken along from each. */
  #origins: Origin[] = [];
  /** What is not written down yet. */
  #outcomes: Outcome[] = [];
  #saving: Promise<void> | undefined;

  constructor(id: string, home: DeliveryHome, term = 0) {
    this.id = id;
    this.term = term;
    this.#home = home;
    this.#handled = new HandledEvents(home.options, home.clock);
    this.#queue = new ReliableQueue(home.options);
  }

  static of(state: DeliveryState, home: DeliveryHome): ClientDelivery {
    const delivery = new ClientDelivery(state.id, home, state.term + 1);
    const own: Origin = [state.term, state.last];
    delivery.#origins = [...state.origins, own].slice(-MAX_ORIGINS);
    delivery.#handled.import(state.handled);
    delivery.#queue.import(state.last, state.events);
    return delivery;
  }

  /** The client's new socket; what it has not received follows. */
  enter(socket: DeliverySocket, received: number): void {
    this.socket?.client.abandon();
    this.socket = socket;
    this.#home.present(this, true);
    this.socketId = socket.id;
    this.#queue.resume(received);
    const { last } = this.#queue;
    this.#tellWhenWritten(() => {
      for (const event of this.#queue.pending()) if (event[0] <= last) socket.sendReliable(event);
    });
  }

  /** Behind what is being written down: the client must not learn of that before. */
  #tellWhenWritten(tell: () => void): void {
    if (this.#saving) this.#outcomes.push({ news: undefined, tell });
    else tell();
  }

  /** The client has lost this socket. */
  exit(socket: DeliverySocket): void {
    if (this.socket !== socket) return;
    this.socket = undefined;
    this.#home.present(this, false);
  }

  /** An event of the client: the function that answers it, or undefined when it is not to be handled again. */
  take(id: number): Answer | undefined {
    if (this.#handled.begin(id)) {
      const answer: Answer = (...args) => {
        if (this.#answers.delete(answer)) this.#answer(id, args);
      };
      this.#answers.set(answer, id);
      return answer;
    }
    const known = this.#handled.answerTo(id);
    if (known) this.#tellWhenWritten(() => this.socket?.sendAnswer(id, known));
    return undefined;
  }

  /** The handler that was given this function has failed. */
  failed(answer: unknown): void {
    const id = this.#answers.get(answer);
    this.#answers.delete(answer);
    if (id !== undefined) this.#handled.forget(id);
  }

  #answer(id: number, args: Untyped[]): void {
    if (this.#isElsewhere) this.#home.passOn(this, ["answered", id, args]);
    else this.#answered(id, args);
  }

  /** What happened where the client was before, in that term. */
  hear(news: News, term: number): void {
    // Another one that has been overtaken knows no better.
    if (term >= this.term) return;
    if (news[0] === "answered") this.#answered(news[1], news[2]);
    else if (!this.#hasTakenAlong(news[2], term)) this.emit(news[1]);
  }

  #hasTakenAlong(number: number | undefined, term: number): boolean {
    return number !== undefined && this.#origins.some(([of, last]) => of === term && number <= last);
  }

  get #isElsewhere(): boolean {
    return this.#state === "handed" || this.#state === "lost";
  }

  #answered(id: number, args: Untyped[]): void {
    this.#handled.finish(id, args);
    this.#settle({ news: ["answered", id, args], tell: () => this.socket?.sendAnswer(id, args) });
  }

  emit(data: Untyped[]): void {
    if (this.#isElsewhere) this.#home.passOn(this, ["emitted", data]);
    else if (this.#state === "expired") this.#home.expired(this, [data], "timeout");
    else this.#keep(data);
  }

  #keep(data: Untyped[]): void {
    const { event, dropped } = this.#queue.push(data);
    if (dropped.length > 0) this.#home.expired(this, dropped, "overflow");
    // One that was too large to be kept at all has been given up.
    if (dropped.includes(data)) return;
    // A socket that has come since was sent it when it came.
    const { socket } = this;
    const tell = (): void => {
      if (this.socket === socket) socket?.sendReliable(event);
    };
    this.#settle({ news: ["emitted", data, event[0]], tell });
  }

  /**
   * Tells the client: at once, or when what happens in this turn of the event loop is written down, all in one step. So
   * whatever the client knows, a server that takes over when this one has died knows too.
   */
  #settle(outcome: Outcome): void {
    const { ledger } = this.#home;
    if (ledger) {
      this.#outcomes.push(outcome);
      this.#saving ??= this.#save(ledger);
    } else outcome.tell();
  }

  async #save(ledger: Ledger): Promise<void> {
    await new Promise((resolve) => setImmediate(resolve));
    while (this.#outcomes.length > 0) {
      const outcomes = this.#outcomes.splice(0);
      const kept = this.#state === "here" && (await ledger.keep(this.id, () => this.record));
      // Whoever was handed all of it in the meantime tells the client.
      if (this.#state === "handed" || this.#state === "expired" || kept === undefined) continue;
      if (kept) for (const { tell } of outcomes) tell();
      else {
        this.#home.lost(this);
        for (const { news } of outcomes) if (news) this.#home.passOn(this, news);
      }
    }
    this.#saving = undefined;
  }

  /** What a server that takes over must know when this one has died: handlers that run have died with it. */
  get record(): DeliveryState {
    return this.#stateWith(this.#handled.export().filter(([, args]) => args));
  }

  acknowledge(received: unknown): void {
    if (typeof received === "number") this.#queue.acknowledge(received);
  }

  /** The client does not come back in time. */
  expire(reason: ReliableExpiry): void {
    this.#state = "expired";
    const events = this.#queue.pending().map(([, data]) => data);
    if (events.length > 0) this.#home.expired(this, events, reason);
  }

  /** The client is on another server, which goes on with this. */
  handOver(): DeliveryState {
    this.#state = "handed";
    this.socket?.client.abandon();
    return this.#stateWith(this.#handled.export());
  }

  /** The client is on another server, which goes on with what was written down. */
  lose(): void {
    this.#state = "lost";
    this.socket?.client.abandon();
  }

  #stateWith(handled: HandledEvent[]): DeliveryState {
    const { id, term } = this;
    const { last } = this.#queue;
    return { id, term, handled, last, events: this.#queue.pending(), origins: this.#origins };
  }
}
