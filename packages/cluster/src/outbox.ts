/** What this process has to say: gathered over one turn, kept within bounds while the bus is down. */
import { type Bus, isNotSent } from "./bus.ts";
import type { Writer } from "./bytes.ts";
import { openEnvelope } from "./codec.ts";
import type { NodeId } from "./message.ts";

/** What became of what was said. */
export interface OutboxCounts {
  /** Envelopes that the bus has taken. */
  published: number;
  /**
   * Envelopes that were let go: volatile ones while the bus was down, the oldest when too much waited, and those that
   * were on their way when the bus went down, which may have been sent or not.
   */
  dropped: number;
  /** Bytes that wait for the bus. */
  bufferedBytes: number;
}

/**
 * Whether messages leave: all of them, only those that are not worth keeping (the bus is back, but not all who
 * should hear the others are), or none because the bus is down.
 */
export type Gate = "open" | "ajar" | "shut";

/** An envelope takes no more messages beyond this size: every bus carries a megabyte, some no more. */
const MAX_SHARED = 524_288;

interface Parcel {
  topic: string;
  envelope: Writer;
  /** Counts up, in the order in which things were said. */
  number: number;
  /** How often the bus has refused it while it was up. */
  refusals: number;
  /** Whether it is worth sending later. */
  keep: boolean;
  /** Who waits for it to be with the bus, or let go. */
  awaited: Array<() => void>;
}

/**
 * Messages of one turn that follow each other to the same topic share an envelope; the order of all messages is
 * kept. While the bus is down they wait, up to a number of bytes; then the oldest go.
 */
export class Outbox {
  readonly #bus: Bus;
  readonly #from: NodeId;
  readonly #maxBytes: number;
  #waiting: Parcel[] = [];
  #waitingBytes = 0;
  #inFlightBytes = 0;
  #flush: Promise<void> | undefined;
  #number = 0;
  #published = 0;
  #dropped = 0;
  #gate: Gate = "open";
  #relieved: Array<() => void> = [];

  constructor(bus: Bus, from: NodeId, maxBytes: number) {
    this.#bus = bus;
    this.#from = from;
    this.#maxBytes = maxBytes;
  }

  get counts(): OutboxCounts {
    const bufferedBytes = this.#waitingBytes + this.#inFlightBytes;
    return { published: this.#published, dropped: this.#dropped, bufferedBytes };
  }

  /** @param keep whether the message may be sent later when the bus is down */
  send(topic: string, message: Uint8Array, keep: boolean): void {
    if (this.#gate === "shut" && !keep) {
      this.#dropped++;
      return;
    }
    this.#add(topic, message, keep);
    this.#flush ??= endOfTurn().then(() => this.#publishAll());
  }

  /** Resolves when all that waits now is with the bus, or was let go. */
  async left(): Promise<void> {
    await Promise.all(
      this.#waiting.map(({ awaited }) => new Promise<void>((resolve) => awaited.push(resolve))),
    );
  }

  /** Resolves when all that has been said is with the bus, or kept for later. */
  async flushed(): Promise<void> {
    while (this.#flush) await this.#flush;
  }

  /** While half of what may wait is waiting: a promise for less, for those who can hold back what they have to say. */
  relief(): Promise<void> | undefined {
    if (!this.#isCrowded) return undefined;
    return new Promise((resolve) => this.#relieved.push(resolve));
  }

  get #isCrowded(): boolean {
    return this.#waitingBytes + this.#inFlightBytes > this.#maxBytes / 2;
  }

  set gate(gate: Gate) {
    this.#gate = gate;
    if (gate !== "shut") this.#flush ??= endOfTurn().then(() => this.#publishAll());
  }

  #add(topic: string, message: Uint8Array, keep: boolean): void {
    const last = this.#waiting.at(-1);
    const joins =
      last &&
      last.topic === topic &&
      last.keep === keep &&
      last.envelope.length + message.length < MAX_SHARED;
    const parcel = joins
      ? last
      : { topic, envelope: openEnvelope(this.#from), number: ++this.#number, refusals: 0, keep, awaited: [] };
    const before = joins ? parcel.envelope.length : 0;
    parcel.envelope.bytes(message);
    if (!joins) this.#waiting.push(parcel);
    this.#waitingBytes += parcel.envelope.length - before;
    while (this.#waitingBytes + this.#inFlightBytes > this.#maxBytes && this.#waiting.length > 1)
      this.#dropOldest();
  }

  #dropOldest(): void {
    const oldest = this.#waiting.shift() as Parcel;
    this.#waitingBytes -= oldest.envelope.length;
    this.#drop(oldest);
  }

  #drop(parcel: Parcel): void {
    this.#dropped++;
    settle(parcel);
  }

  async #publishAll(): Promise<void> {
    this.#flush = undefined;
    const leaves = ({ keep }: Parcel): boolean => this.#gate === "open" || (this.#gate === "ajar" && !keep);
    const leaving = this.#waiting.filter(leaves);
    this.#waiting = this.#waiting.filter((parcel) => !leaves(parcel));
    await Promise.all(leaving.map((parcel) => this.#publish(parcel)));
  }

  async #publish(parcel: Parcel): Promise<void> {
    const { length } = parcel.envelope;
    this.#waitingBytes -= length;
    this.#inFlightBytes += length;
    try {
      await this.#bus.publish(parcel.topic, parcel.envelope.written);
      this.#published++;
      settle(parcel);
    } catch (error) {
      if (isNotSent(error)) this.#notSent(parcel);
      // Perhaps it has been sent: nothing is said twice.
      else this.#drop(parcel);
    } finally {
      this.#inFlightBytes -= length;
      if (!this.#isCrowded) for (const resolve of this.#relieved.splice(0)) resolve();
    }
  }

  // A bus often refuses before it reports that it is down; one more try next turn tells which it is.
  #notSent(parcel: Parcel): void {
    const fits = this.#waitingBytes + parcel.envelope.length <= this.#maxBytes;
    const hopeless = this.#gate !== "shut" && ++parcel.refusals > 1;
    if (hopeless || !parcel.keep || !fits) {
      this.#drop(parcel);
      return;
    }
    this.#flush ??= endOfTurn().then(() => this.#publishAll());
    // Before what was said after it.
    const later = this.#waiting.findIndex(({ number }) => number > parcel.number);
    this.#waiting.splice(later < 0 ? this.#waiting.length : later, 0, parcel);
    this.#waitingBytes += parcel.envelope.length;
  }
}

function settle({ awaited }: Parcel): void {
  for (const resolve of awaited) resolve();
}

function endOfTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
