/** What a server knows of one client's events, in both directions, for longer than a connection lasts. */
import { createPrivateId } from "@sockeye/adapter";
import type { Clock, Deadline, Untyped } from "@sockeye/core";
import { type HandledEvent, HandledEvents } from "./handled-events.ts";
import type { Ledger } from "./ledger.ts";
import type { DeliveryOptions } from "./options.ts";
import { type Origin, Origins } from "./origins.ts";
import { type NumberedEvent, ReliableQueue } from "./reliable-queue.ts";
import { checkSendable } from "./sendable.ts";

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
  /** Which of all that have had the client says so. */
  keeper: string;
  handled: HandledEvent[];
  last: number;
  events: NumberedEvent[];
  /** The events of those who had the client before, as far as they are in this, or were. */
  origins: Origin[];
}

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
  /** To the server that has the client now; resolves when that one has it for sure, or it was given up. */
  passOn(delivery: ClientDelivery, news: News[]): Promise<void>;
  /** All that was left to do here for a client that is elsewhere is done. */
  done(delivery: ClientDelivery): void;
  /** The client has come, or gone. */
  present(delivery: ClientDelivery, here: boolean): void;
}

/** A handler runs or has answered, or something was emitted, where the client was before. */
export type News =
  | [kind: "running", id: number]
  | [kind: "answered", id: number, args: Untyped[]]
  /** Also who has given it which number: a server that has taken over may know it. */
  | [kind: "emitted", data: Untyped[], keeper: string, number: number];

type Answer = (...args: Untyped[]) => void;

/** What has happened, and how its client is told. */
interface Outcome {
  /** As it is told to a server that has taken the client over; undefined for what that server does by itself. */
  readonly news?: () => News;
  tell(): void;
}

export class ClientDelivery implements Deadline {
  deadline = 0;
  previousDeadline: Deadline | undefined;
  nextDeadline: Deadline | undefined;
  readonly id: string;
  /** Among all that have the client, on whichever server, one after the other. */
  readonly #keeper = createPrivateId().slice(0, 8);
  #term = 0;
  /** The client's socket, undefined while it is away. */
  socket: DeliverySocket | undefined;
  /** The socket that it has, or had last on this server. */
  socketId = "";
  readonly #home: DeliveryHome;
  readonly #handled: HandledEvents;
  readonly #queue: ReliableQueue;
  readonly #origins = new Origins();
  readonly #answers = new Map<Untyped, number>();
  /**
   * asking: whose it is is not known yet. handed: another server was given all of this. lost: another server has taken
   * over what was written down.
   */
  #state: "here" | "asking" | "handed" | "lost" | "expired" = "here";
  /** The last number that the client says it has received. */
  #received = 0;
  /** What the client is not told yet, nor another server. */
  #outcomes: Outcome[] = [];
  #settling: Promise<void> | undefined;

  constructor(id: string, home: DeliveryHome) {
    this.id = id;
    this.#home = home;
    this.#handled = new HandledEvents(home.options, home.clock);
    this.#queue = new ReliableQueue(home.options);
  }

  static of(state: DeliveryState, home: DeliveryHome): ClientDelivery {
    const delivery = new ClientDelivery(state.id, home);
    delivery.#import(state);
    return delivery;
  }

  get term(): number {
    return this.#term;
  }

  /** Whether another server has the client. */
  get isElsewhere(): boolean {
    return this.#state === "handed" || this.#state === "lost";
  }

  /** Whether nobody can come in here any more: another server has the client, or it was given up. */
  get isOver(): boolean {
    return this.isElsewhere || this.#state === "expired";
  }

  /** Whether nothing is to be said any more to the server that has the client: no handler runs, and all is told. */
  get isDone(): boolean {
    return this.#answers.size === 0 && this.#settling === undefined;
  }

  get isAsking(): boolean {
    return this.#state === "asking";
  }

  // --- whose it is ---

  /**
   * Nobody can be asked at present whether the client was somewhere before: it is let in, and what happens waits until
   * that is known. What was handled elsewhere may be handled again meanwhile.
   */
  begin(ask: () => Promise<DeliveryState | undefined>): void {
    this.#state = "asking";
    this.#settling = this.#learn(ask);
  }

  async #learn(ask: () => Promise<DeliveryState | undefined>): Promise<void> {
    const state = await ask();
    if (this.#state === "asking") {
      this.#state = "here";
      if (state) this.#import(state);
    }
    await this.#settleAll();
  }

  #import(state: DeliveryState): void {
    this.#term = state.term + 1;
    this.#origins.import(state.origins, state);
    this.#handled.import(state.handled);
    this.#queue.import(state.last, state.events, this.#received);
    const { socket } = this;
    if (!socket) return;
    const known = state.events.filter(([number]) => number > this.#received);
    const tell = (): void => {
      for (const event of known) this.#sendTo(socket, event);
    };
    this.#outcomes.unshift({ tell });
  }

  /** What a server that takes over must know when this one has died; undefined when another one has the client. */
  get record(): DeliveryState | undefined {
    if (this.#state !== "here") return undefined;
    // Handlers that run have died with it.
    return this.#stateWith(this.#handled.export().filter(([, args]) => args));
  }

  #stateWith(handled: HandledEvent[]): DeliveryState {
    const { id, term } = this;
    const { last } = this.#queue;
    const events = this.#queue.pending();
    return { id, term, keeper: this.#keeper, handled, last, events, origins: this.#origins.export() };
  }

  /** The client is on another server, which goes on with this. */
  handOver(): DeliveryState {
    const state = this.#stateWith(this.#handled.export());
    this.#leave("handed");
    // Nothing is written down: should this get lost on its way, the other one is told again.
    if (!this.#home.ledger) {
      for (const event of this.#queue.pending()) this.#settle({ news: this.#emitted(event), tell() {} });
    }
    return state;
  }

  /** The client is on another server, which goes on with what was written down; it cannot know of handlers that run. */
  lose(): void {
    this.#leave("lost");
    for (const [id, args] of this.#handled.export()) {
      if (!args) this.#settle({ news: () => ["running", id], tell() {} });
    }
  }

  #leave(state: "handed" | "lost"): void {
    this.#state = state;
    this.socket?.client.abandon();
  }

  /** The client does not come back in time. */
  expire(reason: ReliableExpiry): void {
    this.#state = "expired";
    const events = this.#queue.pending().map(([, data]) => data);
    if (events.length > 0) this.#home.expired(this, events, reason);
  }

  // --- the client ---

  /** The client's new socket; what it has not received follows. */
  enter(socket: DeliverySocket, received: number): void {
    this.socket?.client.abandon();
    this.socket = socket;
    this.#home.present(this, true);
    this.socketId = socket.id;
    this.acknowledge(received);
    this.#queue.resume(received);
    const waiting = new Set(this.#queue.pending());
    this.#tellInTurn(() => {
      for (const event of this.#queue.pending()) if (waiting.has(event)) this.#sendTo(socket, event);
    });
  }

  #sendTo(socket: DeliverySocket | undefined, event: NumberedEvent): void {
    if (this.socket === socket) socket?.sendReliable(event);
  }

  /** The client has lost this socket. */
  exit(socket: DeliverySocket): void {
    if (this.socket !== socket) return;
    this.socket = undefined;
    this.#home.present(this, false);
  }

  acknowledge(received: unknown): void {
    if (!Number.isSafeInteger(received)) return;
    this.#received = Math.max(this.#received, received as number);
    this.#queue.acknowledge(this.#received);
  }

  // --- what happens ---

  /** An event of the client: the function that answers it, or undefined when it is not to be handled again. */
  take(id: number): Answer | undefined {
    if (this.#handled.begin(id)) {
      const answer: Answer = (...args) => {
        if (!this.#answers.has(answer)) return;
        checkSendable(args);
        this.#answers.delete(answer);
        this.#answered(id, args);
      };
      this.#answers.set(answer, id);
      return answer;
    }
    const known = this.#handled.answerTo(id);
    if (known) this.#tellInTurn(() => this.socket?.sendAnswer(id, known));
    return undefined;
  }

  /** The handler that was given this function has failed. */
  failed(answer: unknown): void {
    const id = this.#answers.get(answer);
    this.#answers.delete(answer);
    if (id === undefined) return;
    this.#handled.forget(id);
    this.#checkDone();
  }

  #answered(id: number, args: Untyped[]): void {
    this.#handled.finish(id, args);
    this.#settle({ news: () => ["answered", id, args], tell: () => this.socket?.sendAnswer(id, args) });
  }

  /** @throws TypeError for what cannot be sent, with the code `ERR_DATA` */
  emit(data: Untyped[]): void {
    checkSendable(data);
    if (this.#state === "expired") this.#home.expired(this, [data], "timeout");
    else if (this.isElsewhere) {
      const event: NumberedEvent = [this.#queue.skip(), data];
      this.#settle({ news: this.#emitted(event), tell() {} });
    } else {
      const event = this.#keep(data);
      if (event) this.#settle(this.#delivered(event, this.#emitted(event)));
    }
  }

  /** Undefined for what is too large to be kept at all: it has been given up. */
  #keep(data: Untyped[]): NumberedEvent | undefined {
    const { event, dropped } = this.#queue.push(data);
    if (dropped.length > 0) this.#home.expired(this, dropped, "overflow");
    return dropped.includes(data) ? undefined : event;
  }

  #emitted(event: NumberedEvent): () => News {
    return () => ["emitted", event[1], this.#keeper, event[0]];
  }

  #delivered(event: NumberedEvent, news: () => News): Outcome {
    // A socket that has come since was sent it when it came.
    const { socket } = this;
    return { news, tell: () => this.#sendTo(socket, event) };
  }

  /**
   * What happened where the client was before, in that term.
   * @param known is called when it will not be lost any more
   */
  hear(news: readonly News[], term: number, known: () => void): void {
    // One that has been overtaken knows no better; one that still asks will know then.
    if (this.#state !== "here" || term > this.#term) return;
    for (const each of news) {
      if (each[0] === "running") this.#handled.import([[each[1], null]]);
      else if (each[0] === "answered") {
        const [, id, args] = each;
        this.#handled.learn(id, args);
        this.#settle({ news: () => each, tell: () => this.socket?.sendAnswer(id, args) });
      } else {
        const [, data, keeper, number] = each;
        if (keeper === this.#keeper || this.#origins.has(keeper, number)) continue;
        this.#origins.add(keeper, number);
        const event = this.#keep(data);
        if (event) this.#settle(this.#delivered(event, () => each));
      }
    }
    this.#tellInTurn(known);
  }

  // --- telling it ---

  /** Behind what is being written down: the client must not learn of that before. */
  #tellInTurn(tell: () => void): void {
    if (this.#settling) this.#outcomes.push({ tell });
    else tell();
  }

  /**
   * Tells the client: at once, or when what happens in this turn of the event loop is written down, all in one step. So
   * whatever the client knows, a server that takes over when this one has died knows too. When the client is elsewhere,
   * tells the server that it is at.
   */
  #settle(outcome: Outcome): void {
    if (!this.#home.ledger && !this.isElsewhere) {
      outcome.tell();
      return;
    }
    this.#outcomes.push(outcome);
    this.#settling ??= this.#settleTurn();
  }

  async #settleTurn(): Promise<void> {
    await new Promise((resolve) => setImmediate(resolve));
    await this.#settleAll();
  }

  async #settleAll(): Promise<void> {
    while (this.#outcomes.length > 0 && this.#state !== "expired") {
      const outcomes = this.#outcomes.splice(0);
      if (await this.#isWritten()) for (const { tell } of outcomes) tell();
      else if (this.isElsewhere) await this.#passOn([...outcomes, ...this.#outcomes.splice(0)]);
    }
    this.#settling = undefined;
    this.#checkDone();
  }

  #checkDone(): void {
    if (this.isElsewhere && this.isDone) this.#home.done(this);
  }

  /** Whether it is written down, and this server still has the client; without a ledger there is nothing to write. */
  async #isWritten(): Promise<boolean> {
    const { ledger } = this.#home;
    const kept = ledger ? await ledger.keep(this.id, () => this.record) : true;
    if (kept === false && this.#state === "here") this.#home.lost(this);
    return kept === true && this.#state === "here";
  }

  async #passOn(outcomes: readonly Outcome[]): Promise<void> {
    const news = outcomes.flatMap(({ news }) => (news ? [news()] : []));
    if (news.length > 0) await this.#home.passOn(this, news);
  }
}
