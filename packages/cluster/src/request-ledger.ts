/** Questions to other servers: whose answers are still to come, and until when. */
import type { Clock, Timer } from "@sockeye/core";
import type { Answer, NodeId } from "./message.ts";

/** What is done with the answers to one question. */
export interface Inquiry {
  /** Takes an answer; returns whether this server has now said all. */
  answered(node: NodeId, answer: Answer): boolean;
  /** A server that had not said all is gone. */
  gone(node: NodeId): void;
  /** No more answers are awaited; `missing` servers have not said all in time. Called once. */
  ended(missing: number): void;
}

interface Entry {
  inquiry: Inquiry;
  awaited: Set<NodeId>;
  timer: Timer;
}

/** Awaits the answers of the servers that are alive: one that dies is not waited for. */
export class RequestLedger {
  readonly #clock: Clock;
  readonly #open = new Map<number, Entry>();
  #last = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** The number of the next inquiry. */
  next(): number {
    return ++this.#last;
  }

  /** Opens an inquiry among `nodes`, for `timeout` milliseconds; without any it has ended at once. */
  open(request: number, nodes: ReadonlySet<NodeId>, timeout: number, inquiry: Inquiry): void {
    if (nodes.size === 0) {
      inquiry.ended(0);
      return;
    }
    const timer = this.#clock.setTimeout(() => this.#end(request), timeout);
    this.#open.set(request, { inquiry, awaited: new Set(nodes), timer });
  }

  /** Takes an answer; late ones, and those of servers that were not asked, are ignored. */
  answer(node: NodeId, answer: Answer): void {
    const entry = this.#open.get(answer.request);
    if (!entry?.awaited.has(node)) return;
    if (entry.inquiry.answered(node, answer)) this.#settle(answer.request, entry, node);
  }

  /** A server is gone. */
  forget(node: NodeId): void {
    for (const [request, entry] of this.#open) {
      if (!entry.awaited.has(node)) continue;
      entry.inquiry.gone(node);
      this.#settle(request, entry, node);
    }
  }

  #settle(request: number, entry: Entry, node: NodeId): void {
    entry.awaited.delete(node);
    if (entry.awaited.size === 0) this.#end(request);
  }

  #end(request: number): void {
    const entry = this.#open.get(request);
    if (!entry) return;
    this.#open.delete(request);
    this.#clock.clearTimeout(entry.timer);
    entry.inquiry.ended(entry.awaited.size);
  }
}
