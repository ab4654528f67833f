/** Events that are kept until their client has acknowledged them. */
import { sizeOf } from "@sockeye/adapter";
import type { Untyped } from "@sockeye/core";
import type { DeliveryOptions } from "./options.ts";

/** One event: its number, then `[event, ...args]`. */
export type NumberedEvent = [number: number, data: Untyped[]];

interface Entry {
  readonly event: NumberedEvent;
  readonly size: number;
}

/** In order, numbered from one on; bounded, the oldest is given up first. */
export class ReliableQueue {
  #entries: Entry[] = [];
  #bytes = 0;
  #last = 0;
  readonly #options: DeliveryOptions;

  constructor(options: DeliveryOptions) {
    this.#options = options;
  }

  get last(): number {
    return this.#last;
  }

  /** Numbers an event that is kept elsewhere. */
  skip(): number {
    return ++this.#last;
  }

  /** Numbers an event and keeps it; also what had to be given up for it. */
  push(data: Untyped[]): { event: NumberedEvent; dropped: Untyped[][] } {
    const event: NumberedEvent = [++this.#last, data];
    this.#add(event);
    return { event, dropped: this.#trim() };
  }

  #add(event: NumberedEvent): void {
    const size = sizeOf(event[1]);
    this.#entries.push({ event, size });
    this.#bytes += size;
  }

  #trim(): Untyped[][] {
    const { maxEvents, maxBytes } = this.#options;
    const dropped: Untyped[][] = [];
    while (this.#entries.length > maxEvents || this.#bytes > maxBytes) dropped.push(this.#shift());
    return dropped;
  }

  #shift(): Untyped[] {
    const { event, size } = this.#entries.shift() as Entry;
    this.#bytes -= size;
    return event[1];
  }

  /** The client has everything up to this number. */
  acknowledge(received: number): void {
    for (let first = this.#entries[0]; first && first.event[0] <= received; first = this.#entries[0]) {
      this.#shift();
    }
  }

  /** The client is back. Numbers that it has seen are not given again, should the engine have lost the last ones. */
  resume(received: number): void {
    this.acknowledge(received);
    if (Number.isSafeInteger(received)) this.#last = Math.max(this.#last, received);
  }

  /** What the client has not acknowledged yet, oldest first. */
  pending(): NumberedEvent[] {
    return this.#entries.map(({ event }) => event);
  }

  /**
   * What was kept elsewhere, as far as the client has not received it. What was pushed here meanwhile comes after it: it
   * gets other numbers.
   */
  import(last: number, events: NumberedEvent[], received: number): void {
    const own = this.pending();
    this.#entries = [];
    this.#bytes = 0;
    this.#last = Math.max(last, received);
    for (const event of events) if (event[0] > received) this.#add(event);
    for (const event of own) {
      event[0] = ++this.#last;
      this.#add(event);
    }
  }
}
