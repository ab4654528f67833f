/** Events per second: counted only while an inspector is connected. */
import type { Clock } from "@sockeye/core";
import type { AnyNamespace, AnyServer, AnySocket } from "../api/server.ts";

interface Counts {
  in: number;
  out: number;
}

export class Rates {
  readonly #io: AnyServer;
  readonly #own: string;
  readonly #clock: Clock;
  readonly #counts: Map<string, Counts> = new Map();
  readonly #undo: Array<() => void> = [];
  #since: number;

  constructor(io: AnyServer, own: string, clock: Clock) {
    this.#io = io;
    this.#own = own;
    this.#clock = clock;
    this.#since = clock.now();
  }

  start(): void {
    const watch = (namespace: AnyNamespace): void => this.#watch(namespace);
    this.#since = this.#clock.now();
    this.#io.on("new_namespace", watch);
    this.#undo.push(() => this.#io.off("new_namespace", watch));
    for (const namespace of this.#io._nsps.values()) watch(namespace);
  }

  /** Removes every listener. */
  stop(): void {
    for (const undo of this.#undo.splice(0)) undo();
    this.#counts.clear();
  }

  /** Events per second by namespace since it was asked last. */
  take(): Map<string, Counts> {
    const now = this.#clock.now();
    const seconds = Math.max((now - this.#since) / 1000, 0.001);
    this.#since = now;
    const rates = new Map<string, Counts>();
    for (const [name, counts] of this.#counts) {
      rates.set(name, { in: counts.in / seconds, out: counts.out / seconds });
      counts.in = counts.out = 0;
    }
    return rates;
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
