/** The ways to ask: one answer per server, acknowledgements of each server's clients, and which server has something. */
import type { AckCallback } from "@sockeye/adapter";
import type { Answer, NodeId } from "./message.ts";
import type { Inquiry } from "./request-ledger.ts";

/** Gathers one answer per server. */
export class Gathering<Value> implements Inquiry {
  readonly #values: Value[] = [];
  readonly #pick: (answer: Answer) => Value[] | undefined;
  readonly #done: (values: Value[], missing: number) => void;

  /** @param pick what an answer contributes; `undefined` for one that does not belong here */
  constructor(
    pick: (answer: Answer) => Value[] | undefined,
    done: (values: Value[], missing: number) => void,
  ) {
    this.#pick = pick;
    this.#done = done;
  }

  answered(_node: NodeId, answer: Answer): boolean {
    const values = this.#pick(answer);
    if (values) this.#values.push(...values);
    return values !== undefined;
  }

  gone(): void {}

  ended(missing: number): void {
    this.#done(this.#values, missing);
  }
}

/** Looks for the one server that says yes; it is not waited for the others then. */
export class Search implements Inquiry {
  readonly #found: (node: NodeId | undefined) => void;

  constructor(found: (node: NodeId | undefined) => void) {
    this.#found = found;
  }

  answered(node: NodeId, answer: Answer): boolean {
    if (answer.kind === "located" && answer.found) this.#found(node);
    return answer.kind === "located";
  }

  gone(): void {}

  ended(): void {
    this.#found(undefined);
  }
}

/** Looks for the one server that has something to say of a session; it is not waited for the others then. */
export class Summons implements Inquiry {
  readonly #told: (value: unknown) => void;

  constructor(told: (value: unknown) => void) {
    this.#told = told;
  }

  answered(_node: NodeId, answer: Answer): boolean {
    if (answer.kind !== "reply") return false;
    if (answer.value !== null) this.#told(answer.value);
    return true;
  }

  gone(): void {}

  ended(): void {
    this.#told(undefined);
  }
}

interface Tally {
  clients: number;
  acks: number;
}

/**
 * Passes acknowledgements on as they come, and reports a server's number of clients when it has said all: as the
 * number that answered when it dies before, so that nobody waits for clients that are gone with it.
 */
export class Poll implements Inquiry {
  readonly #tallies = new Map<NodeId, Tally>();
  readonly #count: (clients: number) => void;
  readonly #ack: AckCallback;

  constructor(count: (clients: number) => void, ack: AckCallback) {
    this.#count = count;
    this.#ack = ack;
  }

  answered(node: NodeId, answer: Answer): boolean {
    const tally = this.#tally(node);
    if (answer.kind === "polled") tally.clients = answer.clients;
    else if (answer.kind === "ack") {
      tally.acks++;
      this.#ack(answer.value);
    }
    if (tally.acks < tally.clients) return false;
    this.#count(tally.acks);
    return true;
  }

  gone(node: NodeId): void {
    this.#count(this.#tally(node).acks);
  }

  ended(): void {}

  #tally(node: NodeId): Tally {
    let tally = this.#tallies.get(node);
    if (!tally) {
      tally = { clients: Number.POSITIVE_INFINITY, acks: 0 };
      this.#tallies.set(node, tally);
    }
    return tally;
  }
}
