/**
 * One server of the cluster hands on what the stream has, in its order; another one takes over when it falls silent.
 * JetStream's own `republish` tells of messages that several connections store at once in any order, and a consumer, which
 * keeps the order, has one filter only. So one consumer reads all, and interest routes what comes from there.
 */
import { randomBytes } from "node:crypto";
import type { JetStream } from "./api.ts";
import type { NatsBus } from "./bus.ts";
import type { JetStreamConnection, NatsHeaders, NatsMessage } from "./client.ts";
import type { JetStreamStore } from "./store.ts";

/** Headers of an entry. */
export const ID = "Nats-Msg-Id";
/** The streams of an entry that is in several. */
export const STREAMS = "Sockeye-Streams";
/** How many parts there are of one that is too large for NATS. */
export const PARTS = "Sockeye-Parts";
/** Its place, and the term of whoever hands it on. */
export const POSITION = "Sockeye-Position";
export const TERM = "Sockeye-Term";

/** Milliseconds after which the next one takes over, and between two looks. */
const LEASE = 4_000;
const LOOK_EVERY = 1_000;

/** Nanoseconds between signs of life of a consumer, and milliseconds of silence after which it is given up. */
const HEARTBEAT = 1_000_000_000;
const SILENCE = 3_500;

/** Positions begin at the time in microseconds at which the stream was made. */
export function baseOf(created: number): number {
  return created * 1000;
}

/** This server's readiness to do so, and its doing so when nobody else does. */
export class Conductor {
  readonly #connection: JetStreamConnection;
  readonly #bus: NatsBus;
  readonly #stream: JetStream;
  readonly #store: JetStreamStore;
  readonly #headers: () => NatsHeaders;
  readonly #id: string = randomBytes(12).toString("base64url");
  #timer: NodeJS.Timeout | undefined;
  /** What is handed on at present: by which subscription, under which term, and up to where in the consumer's count. */
  #feed: { term: string; undo: () => void; count: number; alive: number } | undefined;
  #claiming: Promise<string | undefined> | undefined;
  #closed = false;

  constructor(
    connection: JetStreamConnection,
    bus: NatsBus,
    stream: JetStream,
    store: JetStreamStore,
    headers: () => NatsHeaders,
  ) {
    this.#connection = connection;
    this.#bus = bus;
    this.#stream = stream;
    this.#store = store;
    this.#headers = headers;
    bus.observe((state) => {
      if (state === "up") return;
      this.#end();
      this.#claiming = undefined;
    });
    this.#timer = setInterval(() => void this.#look(), LOOK_EVERY);
    this.#timer.unref();
  }

  /** Resolves when somebody hands on what is stored from now on, with the term; rejects when nobody does yet. */
  async stand(): Promise<number> {
    const own = await this.#claim();
    if (own) return Number(own);
    const { headers } = await this.#connection.request(this.#subject, "", { timeout: LOOK_EVERY });
    return Number(headers?.get(TERM));
  }

  /** Leaves it to others, who look for that soon. */
  async close(): Promise<void> {
    this.#closed = true;
    clearInterval(this.#timer);
    if (!this.#feed) return;
    this.#end();
    await this.#store.release(this.#key, this.#id).catch(() => {});
  }

  /** Where whoever hands on answers with the term. */
  get #subject(): string {
    return `${this.#stream.name}.live.who`;
  }

  get #key(): string {
    return `${this.#stream.name} conductor`;
  }

  async #look(): Promise<void> {
    if (this.#connection.isClosed()) clearInterval(this.#timer);
    // The bus comes up when somebody hands on; what fails while it is up is tried at the next look.
    else if (this.#bus.state === "up") await this.#claim().catch(() => {});
  }

  /** The term of this server, if it is this one that hands on. */
  #claim(): Promise<string | undefined> {
    if (!this.#claiming) {
      const claiming = this.#claimOnce().finally(() => {
        if (this.#claiming === claiming) this.#claiming = undefined;
      });
      this.#claiming = claiming;
    }
    return this.#claiming;
  }

  async #claimOnce(): Promise<string | undefined> {
    if (this.#closed) return undefined;
    const ours = await this.#store.hold(this.#key, this.#id, new Uint8Array(0), LEASE);
    if (!ours) this.#end();
    else if (!this.#feed || Date.now() - this.#feed.alive > SILENCE) await this.#begin();
    return this.#feed?.term;
  }

  /** Everything up to the beginning of a term is read by the servers that hear of it; what comes later is handed on. */
  async #begin(): Promise<void> {
    this.#end();
    const { name } = this.#stream;
    const headers = this.#headers();
    headers.set(ID, randomBytes(12).toString("base64url"));
    const beginning = await this.#stream.store(`${name}.log.term`, new Uint8Array(0), headers);
    const term = String(baseOf(this.#stream.created) + beginning);
    const inbox = `_INBOX.${randomBytes(12).toString("base64url")}`;
    const subscription = this.#connection.subscribe(inbox, {
      callback: (error, message) => !error && this.#pass(term, message),
    });
    const announced = this.#headers();
    announced.set(TERM, term);
    const answers = this.#connection.subscribe(this.#subject, {
      callback: (_error, { reply }) => {
        if (reply) this.#connection.publish(reply, new Uint8Array(0), { headers: announced });
      },
    });
    const undo = (): void => {
      subscription.unsubscribe();
      answers.unsubscribe();
    };
    this.#feed = { term, undo, count: 0, alive: Date.now() };
    this.#connection.publish(`${name}.live.term`, new Uint8Array(0), { headers: announced });
    try {
      await this.#stream.consume({
        deliver_subject: inbox,
        deliver_policy: "by_start_sequence",
        opt_start_seq: beginning + 1,
        filter_subject: `${name}.log.>`,
        ack_policy: "none",
        replay_policy: "instant",
        max_ack_pending: -1,
        mem_storage: true,
        num_replicas: 1,
        idle_heartbeat: HEARTBEAT,
        inactive_threshold: 10 * HEARTBEAT,
      });
    } catch (error) {
      // Nothing would come of it: the next attempt begins anew.
      if (this.#feed?.term === term) this.#end();
      throw error;
    }
  }

  #end(): void {
    this.#feed?.undo();
    this.#feed = undefined;
  }

  #pass(term: string, { subject = "", reply, headers, data }: NatsMessage): void {
    const feed = this.#feed;
    if (feed?.term !== term) return;
    feed.alive = Date.now();
    const place = reply ? placeOf(reply) : undefined;
    // A sign of life.
    if (!place) return;
    if (place.count !== ++feed.count) {
      // One got lost on the way here.
      this.#end();
      void this.#look();
      return;
    }
    const passed = this.#headers();
    for (const name of [ID, STREAMS, PARTS]) {
      const value = headers?.get(name);
      if (value) passed.set(name, value);
    }
    passed.set(POSITION, String(baseOf(this.#stream.created) + place.seq));
    passed.set(TERM, term);
    const { name } = this.#stream;
    const live = `${name}.live.${subject.slice(`${name}.log.`.length)}`;
    if (!live.endsWith(".term")) this.#connection.publish(live, data, { headers: passed });
  }
}

/** Of a message that a consumer delivers: the stream's sequence number, and the consumer's count. */
function placeOf(reply: string): { seq: number; count: number } | undefined {
  const tokens = reply.split(".");
  if (tokens[1] !== "ACK") return undefined;
  // Newer servers put a domain and an account in front.
  const at = tokens.length === 9 ? 5 : 7;
  return { seq: Number(tokens[at]), count: Number(tokens[at + 1]) };
}
