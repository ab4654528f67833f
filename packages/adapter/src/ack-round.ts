/** One broadcast's acknowledgements on this server: who was asked, and until when the question stands. */
import { type Clock, systemClock, type Timer } from "@sockeye/core";
import type { AckCallback, AdapterSocket } from "./contract.ts";

/**
 * Registers one acknowledgement with each socket asked. After the timeout nothing of the round stays behind on
 * sockets that never answered; when all have answered, no timer does.
 */
export class AckRound {
  readonly #id: number;
  readonly #clock: Clock;
  readonly #ack: AckCallback;
  readonly #asked: AdapterSocket[] = [];
  #answers = 0;
  #timer: Timer;

  constructor(id: number, ack: AckCallback, clock: Clock = systemClock) {
    this.#id = id;
    this.#clock = clock;
    this.#ack = (...args) => {
      if (++this.#answers === this.#asked.length) this.#clock.clearTimeout(this.#timer);
      ack(...args);
    };
  }

  /** How many sockets have been asked. */
  get size(): number {
    return this.#asked.length;
  }

  ask(socket: AdapterSocket): void {
    this.#asked.push(socket);
    socket.acks.set(this.#id, this.#ack);
  }

  /** @param timeout milliseconds after which late answers count no more; left out: they always do */
  start(timeout: number | undefined): void {
    if (timeout === undefined || this.#answers >= this.#asked.length) return;
    this.#timer = this.#clock.setTimeout(() => this.#forget(), timeout);
  }

  #forget(): void {
    for (const socket of this.#asked) socket.acks.delete(this.#id);
  }
}
