/** Events per second: counted only while somebody asks for them. */
import type { Clock, Timer } from "@sockeye/core";
import type { AnyNamespace, AnyServer, AnySocket } from "../api/server.ts";

interface Counts {
  in: number;
  out: number;
}

/** What somebody was told last, and when. */
interface Told {
  at: number;
  counts: Map<string, Counts>;
  timer: Timer;
}

/** Milliseconds after which somebody who asks no more has gone. */
const PATIENCE = 15_000;

export class Rates {
  readonly #io: AnyServer;
  readonly #own: string;
  readonly #clock: Clock;
  /** All events since counting began. */
  readonly #counts: Map<string, Counts> = new Map();
  readonly #told: Map<string, Told> = new Map();
  readonly #undo: Array<() => void> = [];

  constructor(io: AnyServer, own: string, clock: Clock) {
    this.#io = io;
    this.#own = own;
    this.#clock = clock;
  }

  /**
   * Events per second by namespace since the same asked last; at the first time, none.
   * @param who an inspector's id, of this server or of another one
   */
  take(who: string): Map<string, Counts> {
    if (this.#told.size === 0) this.#start();
    const before = this.#told.get(who);
    const at = this.#clock.now();
    const seconds = Math.max((at - (before?.at ?? at)) / 1000, 0.001);
    const rates = new Map<string, Counts>();
    const counts = new Map<string, Counts>();
    for (const [name, now] of this.#counts) {
      const then = before ? (before.counts.get(name) ?? { in: 0, out: 0 }) : now;
      rates.set(name, { in: (now.in - then.in) / seconds, out: (now.out - then.out) / seconds });
      counts.set(name, { ...now });
    }
    this.#clock.clearTimeout(before?.timer);
    this.#told.set(who, { at, counts, timer: this.#clock.setTimeout(() => this.forget(who), PATIENCE) });
    return rates;
  }

  /** Somebody has gone; with the last one, every listener. */
  forget(who: string): void {
    this.#clock.clearTimeout(this.#told.get(who)?.timer);
    this.#told.delete(who);
    if (this.#told.size > 0) return;
    for (const undo of this.#undo.splice(0)) undo();
    this.#counts.clear();
  }

  #start(): void {
    const watch = (namespace: AnyNamespace): void => this.#watch(namespace);
    this.#io.on("new_namespace", watch);
    this.#undo.push(() => this.#io.off("new_namespace", watch));
    for (const namespace of this.#io._nsps.values()) watch(namespace);
  }

  #watch(namespace: AnyNamespace): void {
    if (namespace.name === this.#own) return;
    const counts: Counts = { in: 0, out: 0 };
    this.#counts.set(namespace.name, counts);
    const came = (): void => void counts.in++;
    const sent = (): void => void counts.out++;
    const watch = (socket: AnySocket): void => void socket.onAny(came).onAnyOutgoing(sent);
    for (const socket of namespace.sockets.values()) watch(socket);
    namespace.on("connection", watch);
    this.#undo.push(() => {
      namespace.off("connection", watch);
      for (const socket of namespace.sockets.values()) socket.offAny(came).offAnyOutgoing(sent);
    });
  }
}
