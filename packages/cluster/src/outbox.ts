/** What this process has to say: gathered over one turn, kept within bounds while the bus is down. */
import type { Bus } from "./bus.ts";
import type { Writer } from "./bytes.ts";
import { openEnvelope } from "./codec.ts";
import type { NodeId } from "./message.ts";

/** What became of what was said. */
export interface OutboxCounts {
  /** Envelopes that the bus has taken. */
  published: number;
  /** Envelopes that were let go: volatile ones while the bus was down, the oldest when too much waited. */
  dropped: number;
  /** Bytes that wait for the bus. */
  bufferedBytes: number;
}

interface Parcel {
  topic: string;
  envelope: Writer;
  /** Whether it is worth sending later. */
  keep: boolean;
}

/**
 * Messages of one turn that follow each other to the same topic share an envelope; the order of all messages is
 * kept. While the bus is down they wait, up to a number of bytes; then the oldest go.
 */
export class Outbox {
  readonly #bus: Bus;
  readonly #from: NodeId;
  readonly #maxBytes: number;
  readonly #waiting: Parcel[] = [];
  #waitingBytes = 0;
  #inFlightBytes = 0;
  #flush: Promise<void> | undefined;
  #published = 0;
  #dropped = 0;
  #down = false;

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
    if (this.#down && !keep) {
      this.#dropped++;
      return;
    }
    this.#add(topic, message, keep);
    this.#flush ??= endOfTurn().then(() => this.#publishAll());
  }

  /** Resolves when all that has been said is with the bus, or kept for later. */
  async flushed(): Promise<void> {
    await this.#flush;
  }

  /** The bus is up or down. */
  set down(down: boolean) {
    this.#down = down;
    if (!down) this.#flush ??= endOfTurn().then(() => this.#publishAll());
  }

  #add(topic: string, message: Uint8Array, keep: boolean): void {
    const last = this.#waiting.at(-1);
    const joins = last && last.topic === topic && last.keep === keep;
    const parcel = joins ? last : { topic, envelope: openEnvelope(this.#from), keep };
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
    this.#dropped++;
  }

  async #publishAll(): Promise<void> {
    this.#flush = undefined;
    if (this.#down) return;
    const parcels = this.#waiting.splice(0);
    this.#waitingBytes = 0;
    await Promise.all(parcels.map((parcel) => this.#publish(parcel)));
  }

  async #publish(parcel: Parcel): Promise<void> {
    const { length } = parcel.envelope;
    this.#inFlightBytes += length;
    try {
      await this.#bus.publish(parcel.topic, parcel.envelope.written);
      this.#published++;
    } catch {
      this.#notSent(parcel);
    } finally {
      this.#inFlightBytes -= length;
    }
  }

  // The bus reports the reason as its state; here it only matters whether to try again when it is up.
  #notSent(parcel: Parcel): void {
    const fits = this.#waitingBytes + parcel.envelope.length <= this.#maxBytes;
    if (this.#down && parcel.keep && fits) {
      this.#waiting.push(parcel);
      this.#waitingBytes += parcel.envelope.length;
    } else this.#dropped++;
  }
}

function endOfTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
