/** The moment after an interruption of the bus: it is back, and not all who were there before can be heard yet. */
import type { Clock, Timer } from "@sockeye/core";
import type { NodeId } from "./message.ts";

export class Reunion {
  readonly #clock: Clock;
  readonly #times: { readonly patience: number; readonly timeout: number };
  readonly #speak: () => void;
  readonly #missing = new Set<NodeId>();
  #waiting: Array<() => void> = [];
  #soon: Timer;
  #end: Timer;

  /**
   * @param times milliseconds after which is said what was kept for those who are missing, and after which they count as gone
   * @param speak called when that is to be said
   */
  constructor(clock: Clock, times: { patience: number; timeout: number }, speak: () => void) {
    this.#clock = clock;
    this.#times = times;
    this.#speak = speak;
  }

  /** The bus is down. */
  part(peers: Iterable<NodeId>): void {
    for (const peer of peers) this.#missing.add(peer);
    this.#settle();
  }

  /** The bus is back. */
  begin(): void {
    if (this.#missing.size === 0) this.end();
    else {
      this.#soon = this.#clock.setTimeout(this.#speak, this.#times.patience);
      this.#end = this.#clock.setTimeout(() => this.end(), this.#times.timeout);
    }
  }

  joined(node: NodeId): void {
    if (this.#missing.delete(node) && this.#missing.size === 0) this.end();
  }

  /** All are there, or given up. */
  end(): void {
    this.#missing.clear();
    this.#settle();
    this.#speak();
  }

  /** While somebody is waited for: resolves when nobody is any longer, or the bus is down again. */
  get over(): Promise<void> | undefined {
    if (this.#missing.size === 0) return undefined;
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  #settle(): void {
    this.#clock.clearTimeout(this.#soon);
    this.#clock.clearTimeout(this.#end);
    for (const resolve of this.#waiting.splice(0)) resolve();
  }
}
