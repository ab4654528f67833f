/** What the primary does: it passes messages on to the workers that listen to their topics. */
import type { Line, ToPrimary, ToWorker } from "./worker-bus.ts";

/** Bytes that wait for one worker at most; what comes then it misses, and is told so. */
const MAX_WAITING_BYTES = 64 * 1024 * 1024;

/** Connects any number of workers. */
export class WorkerSwitch {
  readonly #maxWaitingBytes: number;
  readonly #listeners = new Map<string, Set<Port>>();

  constructor(maxWaitingBytes: number = MAX_WAITING_BYTES) {
    this.#maxWaitingBytes = maxWaitingBytes;
  }

  /** One more worker, until its line is closed. */
  attach(line: Line<ToWorker, ToPrimary>): void {
    const port = new Port(line, this.#maxWaitingBytes);
    line.receive((message) => this.#receive(port, message));
    line.closed(() => {
      for (const topic of port.topics) this.#remove(topic, port);
    });
    // A worker that came before the primary was ready has said hello to nobody.
    port.send(["welcome"]);
  }

  #receive(port: Port, message: ToPrimary): void {
    if (message[0] === "hello") port.send(["welcome"]);
    else if (message[0] === "publish") this.#publish(message[1], message[2]);
    else if (message[0] === "unsubscribe") this.#remove(message[1], port);
    else if (message[0] === "subscribe") {
      this.#add(message[1], port);
      port.send(["subscribed", message[1]]);
    }
  }

  #publish(topic: string, message: Uint8Array): void {
    for (const port of this.#listeners.get(topic) ?? []) port.deliver(topic, message);
  }

  #add(topic: string, port: Port): void {
    const ports = this.#listeners.get(topic) ?? new Set();
    this.#listeners.set(topic, ports.add(port));
    port.topics.add(topic);
  }

  #remove(topic: string, port: Port): void {
    const ports = this.#listeners.get(topic);
    ports?.delete(port);
    if (ports?.size === 0) this.#listeners.delete(topic);
    port.topics.delete(topic);
  }
}

/** The primary's end of the line to one worker: a slow one harms no other, and is not waited for without bound. */
class Port {
  readonly topics: Set<string> = new Set();
  readonly #line: Line<ToWorker, ToPrimary>;
  readonly #maxWaitingBytes: number;
  #waitingBytes = 0;
  #missed = false;

  constructor(line: Line<ToWorker, ToPrimary>, maxWaitingBytes: number) {
    this.#line = line;
    this.#maxWaitingBytes = maxWaitingBytes;
  }

  send(message: ToWorker): void {
    this.#line.send(message, () => {});
  }

  deliver(topic: string, message: Uint8Array): void {
    const { byteLength } = message;
    if (this.#missed || this.#waitingBytes + byteLength > this.#maxWaitingBytes) {
      this.#missed = true;
      return;
    }
    this.#waitingBytes += byteLength;
    this.#line.send(["message", topic, message], () => this.#sent(byteLength));
  }

  #sent(byteLength: number): void {
    this.#waitingBytes -= byteLength;
    if (!this.#missed || this.#waitingBytes > 0) return;
    this.#missed = false;
    this.send(["interrupted"]);
  }
}
