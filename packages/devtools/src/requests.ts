/** The HTTP requests of one transport. */
import type { RequestEntry } from "./entry.ts";
import type { Sink } from "./packets.ts";

/** The body "ok". */
const OK_BYTES = 2;

type Method = RequestEntry["method"];

interface Open {
  seq: number | undefined;
  at: number | undefined;
}

interface Answer {
  seq: number | undefined;
  request: Open | undefined;
  packets: number;
  bytes: number;
}

/** Requests of one transport: never more than one of each method at a time. */
export class Requests {
  readonly #sink: Sink;
  readonly #transport: string;
  readonly #open: Map<Method, Open> = new Map();
  /** The answer to a GET while its packets are read. */
  #answer: Answer | undefined;
  /** Answers to POSTs of which the transport has not told us yet, although the next POST shows that they came. */
  #foreseen = 0;

  constructor(sink: Sink, transport: string) {
    this.#sink = sink;
    this.#transport = transport;
  }

  /** A request was sent at some time, as its answer shows. */
  sent(method: Method): void {
    this.send(method);
    const open = this.#open.get(method);
    if (open) open.at = undefined;
  }

  /** A request has been sent. */
  send(method: Method, bytes = 0, packets = 0): void {
    const entry = this.#sink.add({
      kind: "request",
      direction: "out",
      transport: this.#transport,
      method,
      bytes,
      packets,
    });
    this.#open.set(method, { seq: entry?.seq, at: entry?.at });
  }

  /** Packets are posted. */
  post(bytes: number, packets: number): void {
    // The session hears of an answer before we do, and may post again at once.
    if (this.has("POST")) {
      this.answer("POST", 200, OK_BYTES);
      this.#foreseen++;
    }
    this.send("POST", bytes, packets);
  }

  /** What was posted has been taken. */
  posted(): void {
    if (this.#foreseen > 0) this.#foreseen--;
    else this.answer("POST", 200, OK_BYTES);
  }

  /** Whether a request of this method waits for its answer. */
  has(method: Method): boolean {
    return this.#open.has(method);
  }

  /** A packet of the answer to the GET has been read: the answer stands before what it brings. */
  read(bytes: number): void {
    if (!this.#answer) {
      const request = this.#take("GET");
      const entry = this.#add("GET", 200, request);
      this.#answer = { seq: entry, request, packets: 0, bytes: -1 };
    }
    const answer = this.#answer;
    answer.packets++;
    // A separator stands between two packets.
    answer.bytes += bytes + 1;
  }

  /** The answer to the GET has been read. */
  complete(): void {
    const answer = this.#answer;
    this.#answer = undefined;
    if (answer?.seq === undefined) return;
    this.#sink.amend(answer.seq, { packets: answer.packets, bytes: answer.bytes });
  }

  /** An answer with nothing in it that is of interest, or with an error. */
  answer(method: Method, status: number, bytes = 0): void {
    const request = this.#take(method);
    if (request) this.#add(method, status, request, bytes);
  }

  /** The request that fails, if one is open; a GET is the likelier one. */
  fail(method: Method | undefined, status: number, bytes: number): void {
    const failed = method ?? (this.has("POST") ? "POST" : "GET");
    this.answer(failed, status, bytes);
  }

  #take(method: Method): Open | undefined {
    const open = this.#open.get(method);
    this.#open.delete(method);
    return open;
  }

  #add(method: Method, status: number, request: Open | undefined, bytes = 0): number | undefined {
    const entry = this.#sink.add({
      kind: "response",
      direction: "in",
      transport: this.#transport,
      method,
      status,
      bytes,
      packets: 0,
      request: request?.seq,
      duration: undefined,
    });
    if (!entry || request?.seq === undefined) return entry?.seq;
    const took = request.at === undefined ? {} : { duration: entry.at - request.at };
    this.#sink.amend(entry.seq, took);
    this.#sink.amend(request.seq, { answer: entry.seq, ...took });
    return entry.seq;
  }
}
