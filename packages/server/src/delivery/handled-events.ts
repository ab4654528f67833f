/** Which events of a client were handled, and how they were answered: a repeated one is not handled again. */
import { sizeOf } from "@sockeye/adapter";
import type { Clock, Untyped } from "@sockeye/core";
import type { DeliveryOptions } from "./options.ts";

/** An event that is being handled, or was. */
interface Entry {
  /** What the handler has answered; undefined while it runs. */
  args: Untyped[] | undefined;
  size: number;
  /** When a handler elsewhere is no longer waited for; undefined for one of this server. */
  until: number | undefined;
}

/** As it travels to another server: the id, and the answer or null. */
export type HandledEvent = [id: number, args: Untyped[] | null];

export class HandledEvents {
  readonly #entries = new Map<number, Entry>();
  readonly #options: DeliveryOptions;
  readonly #clock: Clock;
  #bytes = 0;

  constructor(options: DeliveryOptions, clock: Clock) {
    this.#options = options;
    this.#clock = clock;
  }

  /** Whether the event is to be handled now; if not, `answerTo` tells what there is to say. */
  begin(id: number): boolean {
    const known = this.#entries.get(id);
    if (known && (known.until === undefined || known.until > this.#clock.now())) return false;
    this.#entries.set(id, { args: undefined, size: 0, until: undefined });
    this.#trim();
    return true;
  }

  answerTo(id: number): Untyped[] | undefined {
    return this.#entries.get(id)?.args;
  }

  /** The handler has answered. */
  finish(id: number, args: Untyped[]): void {
    const entry = this.#entries.get(id);
    if (!entry || entry.args) return;
    entry.args = args;
    entry.until = undefined;
    entry.size = sizeOf(args);
    this.#bytes += entry.size;
    this.#trim();
  }

  /** A handler elsewhere has answered, perhaps to what is not known here. */
  learn(id: number, args: Untyped[]): void {
    if (!this.#entries.has(id)) this.#entries.set(id, { args: undefined, size: 0, until: undefined });
    this.finish(id, args);
  }

  /** The handler has failed before it answered: the event may be tried again. */
  forget(id: number): void {
    if (this.#entries.get(id)?.args === undefined) this.#entries.delete(id);
  }

  export(): HandledEvent[] {
    return Array.from(this.#entries, ([id, { args }]) => [id, args ?? null]);
  }

  /** What was handled elsewhere; what is known here already counts. */
  import(events: HandledEvent[]): void {
    const until = this.#clock.now() + this.#options.handlerTimeout;
    for (const [id, args] of events) {
      if (!this.#entries.has(id)) this.#entries.set(id, { args: undefined, size: 0, until });
      if (args) this.finish(id, args);
    }
  }

  #trim(): void {
    const { maxAnswers, maxAnswerBytes } = this.#options;
    for (const [id, { size }] of this.#entries) {
      if (this.#entries.size <= maxAnswers && this.#bytes <= maxAnswerBytes) return;
      // The last one is what a client repeats.
      if (this.#entries.size === 1) return;
      this.#entries.delete(id);
      this.#bytes -= size;
    }
  }
}
