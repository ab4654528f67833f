/** Packets that wait above the engine because the client is slow: here they can still be taken back. */
import type { PreparedMessage } from "../engine/prepared.ts";

export interface Waiting {
  readonly message: PreparedMessage;
  readonly compress: boolean;
}

/** First in, first out, counting bytes. */
export class Outbox {
  #waiting: Waiting[] = [];
  #bytes = 0;

  get bytes(): number {
    return this.#bytes;
  }

  get empty(): boolean {
    return this.#waiting.length === 0;
  }

  push(waiting: Waiting): void {
    this.#waiting.push(waiting);
    this.#bytes += waiting.message.byteLength;
  }

  shift(): Waiting | undefined {
    const waiting = this.#waiting.shift();
    if (waiting) this.#bytes -= waiting.message.byteLength;
    return waiting;
  }

  /** Takes a message out; `false` when it does not wait here. */
  remove(message: PreparedMessage): boolean {
    const at = this.#waiting.findIndex((waiting) => waiting.message === message);
    if (at < 0) return false;
    this.#waiting.splice(at, 1);
    this.#bytes -= message.byteLength;
    return true;
  }
}
