/** A question to many clients, on any number of servers, and the collecting of their answers. */
import { type AbortSignalLike, AckError, type Clock, type Timer, type Untyped } from "@sockeye/core";
import type { AdapterLike } from "../api/server.ts";
import type { EventPacket } from "./event-packet.ts";
import type { Selection } from "./target.ts";

/** How long to wait for the answers. */
export interface GatherLimits {
  clock: Clock;
  /** In milliseconds. */
  timeout: number;
  signal?: AbortSignalLike | undefined;
}

/** Called exactly once, with what has been answered by then. */
export type Gathered = (error: unknown, responses: Untyped[]) => void;

/** Broadcasts a packet and calls `done` when every client has answered, or the time is over. */
export function gather(
  adapter: AdapterLike,
  packet: EventPacket,
  selection: Selection,
  limits: GatherLimits,
  done: Gathered,
): void {
  new Gathering(adapter, limits, done).start(packet, selection);
}

class Gathering {
  readonly #adapter: AdapterLike;
  readonly #limits: GatherLimits;
  readonly #done: Gathered;
  readonly #responses: Untyped[] = [];
  readonly #abort = (): void => this.#end(this.#limits.signal?.reason);
  #timer: Timer;
  #over = false;
  // Each server tells how many clients it has asked; the adapter, how many servers there are.
  #serversAwaited = Number.POSITIVE_INFINITY;
  #serversHeard = 0;
  #clientsAsked = 0;

  constructor(adapter: AdapterLike, limits: GatherLimits, done: Gathered) {
    this.#adapter = adapter;
    this.#limits = limits;
    this.#done = done;
  }

  start(packet: EventPacket, selection: Selection): void {
    const { clock, timeout, signal } = this.#limits;
    if (signal?.aborted) {
      this.#end(signal.reason);
      return;
    }
    signal?.addEventListener("abort", this.#abort, { once: true });
    this.#timer = clock.setTimeout(() => this.#end(new AckError("ERR_ACK_TIMEOUT")), timeout);
    this.#adapter.broadcastWithAck(
      packet,
      selection,
      (clients) => this.#onAsked(clients),
      (response) => this.#onAnswer(response),
    );
    this.#countServers(selection.flags.local === true);
  }

  #countServers(local: boolean): void {
    const { localCount = 1 } = this.#adapter;
    const count = local ? Promise.resolve(localCount) : this.#adapter.serverCount();
    count.then(
      (servers) => {
        this.#serversAwaited = servers;
        this.#check();
      },
      (error: unknown) => this.#end(error),
    );
  }

  #onAsked(clients: number): void {
    this.#clientsAsked += clients;
    this.#serversHeard++;
    this.#check();
  }

  #onAnswer(response: Untyped): void {
    if (this.#over) return;
    this.#responses.push(response);
    this.#check();
  }

  #check(): void {
    if (this.#serversHeard >= this.#serversAwaited && this.#responses.length >= this.#clientsAsked) {
      this.#end(null);
    }
  }

  #end(error: unknown): void {
    if (this.#over) return;
    this.#over = true;
    this.#limits.clock.clearTimeout(this.#timer);
    this.#limits.signal?.removeEventListener("abort", this.#abort);
    this.#done(error, this.#responses);
  }
}
