/** One run over one engine: traffic, faults, quiet, and the account. */
import { setTimeout as pause } from "node:timers/promises";
import { Chance } from "@sockeye/core/testing";
import type { EngineName } from "./engines.ts";
import { commit, type FaultKind, schedule } from "./faults.ts";
import type { FromServer } from "./server-process.ts";
import { Stage } from "./stage.ts";
import { Subscriber } from "./subscriber.ts";
import {
  type Account,
  type Disturbance,
  type Handling,
  Sendings,
  tallyLogged,
  tallyPlain,
  tallyReliable,
  tallyRetries,
} from "./tally.ts";
import { Source } from "./traffic.ts";

export interface RunSettings {
  engine: EngineName;
  servers: number;
  clients: number;
  seed: number;
  /** The faults, in their order; or kinds of them, by turns of chance, for so many milliseconds. */
  faults: { list: readonly FaultKind[] } | { kinds: readonly FaultKind[]; duration: number };
  /** Whether half of the clients get plain messages, where there is a log for the others. */
  plain: boolean;
  /** Milliseconds over which a server is drained. */
  drainOver: number;
  /** Milliseconds between heartbeats, and to wait for one. */
  heartbeat: number;
  /** Milliseconds between two messages of a stream. */
  pace: number;
  /** Milliseconds between two orders of a client. */
  orders: number;
  /** Milliseconds of undisturbed traffic before, between and after faults. */
  calm: number;
  log(line: string): void;
}

export interface Report {
  readonly accounts: Account[];
  /** What else must not be. */
  readonly flaws: string[];
}

/** Milliseconds within which all clients must be there again after a fault. */
const RETURN = 45_000;

/** Milliseconds within which what was sent must have arrived in the end. */
const ARRIVAL = 20_000;

/** So many clients connect at a time in the beginning; what comes later is up to the faults. */
const AT_A_TIME = 50;

/** What is on its way when a fault begins may be lost by it; milliseconds. */
const BEFORE = 500;

export async function run(settings: RunSettings): Promise<Report> {
  const chaos = new Run(settings);
  return chaos.perform();
}

const seconds = (milliseconds: number): string => `${(milliseconds / 1000).toFixed(1)} s`;

class Run {
  readonly #settings: RunSettings;
  readonly #sendings = new Sendings();
  readonly #handlings: Handling[] = [];
  readonly #disturbances: Disturbance[] = [];
  readonly #flaws: string[] = [];
  readonly #reasons = new Map<string, number>();
  readonly #subscribers: Subscriber[] = [];
  #hushed = 0;

  constructor(settings: RunSettings) {
    this.#settings = settings;
  }

  async perform(): Promise<Report> {
    const { engine, servers, pace, drainOver, heartbeat } = this.#settings;
    const stage = await Stage.open({ engine, servers, pace, drainOver, heartbeat }, (message) =>
      this.#hear(message),
    );
    try {
      await this.#connect(stage);
      const sources = this.#speak(stage);
      await pause(this.#settings.calm);
      await this.#disturb(stage);
      await pause(this.#settings.calm);
      await this.#hush(stage, sources);
      return this.#report(stage.logged);
    } finally {
      for (const subscriber of this.#subscribers) subscriber.end();
      await stage.close();
    }
  }

  #hear(message: FromServer): void {
    switch (message.kind) {
      case "ready":
      case "state":
        return;
      case "anew":
        this.#reasons.set(message.reason, (this.#reasons.get(message.reason) ?? 0) + 1);
        return;
      case "flaw":
        this.#flaws.push(message.what);
        return;
      case "handled": {
        const { kind: _, ...handling } = message;
        this.#handlings.push(handling);
        return;
      }
      case "sent":
        for (const [stream, count] of message.streams) this.#sendings.count(stream, count);
        this.#hushed++;
    }
  }

  get #connected(): number {
    return this.#subscribers.filter(({ connected }) => connected).length;
  }

  /** Most clients use WebSocket, some begin with polling, and some stay with it. */
  async #connect(stage: Stage): Promise<void> {
    const { clients, orders, plain } = this.#settings;
    for (let client = 0; client < clients; client++) {
      await this.#until(() => client - this.#connected < AT_A_TIME, RETURN);
      const path = stage.logged && !(plain && client % 2 === 1) ? "/logged" : "/plain";
      const way = Math.floor(client / 2) % 10;
      const transports = way === 0 ? ["polling"] : way <= 2 ? ["polling", "websocket"] : ["websocket"];
      const settings = { url: stage.url, path, client, transports, orders } as const;
      this.#subscribers.push(
        new Subscriber(settings, (stream, number, at) => this.#sendings.note(stream, number, at)),
      );
    }
    if (!(await this.#until(() => this.#connected === clients, RETURN))) {
      throw new Error(`expected ${clients} clients to connect, got ${this.#connected}`);
    }
  }

  #speak(stage: Stage): Source[] {
    for (const server of stage.servers) server.tell("speak");
    for (const subscriber of this.#ordering(stage.logged)) subscriber.order();
    return stage.emitters.map((emitter, index) => {
      const name = `${["plain", "logged"][index]}-emitter`;
      return new Source(name, emitter, this.#settings.pace);
    });
  }

  /** Those who order: where there is a log, by which orders outlive a server. */
  #ordering(logged: boolean): Subscriber[] {
    return this.#of(logged ? "/logged" : "/plain");
  }

  #of(path: "/plain" | "/logged"): Subscriber[] {
    return this.#subscribers.filter(({ settings }) => settings.path === path);
  }

  async #disturb(stage: Stage): Promise<void> {
    const { faults, seed, log } = this.#settings;
    const chance = new Chance(seed);
    let count = 0;
    const end = "duration" in faults ? Date.now() + faults.duration : Number.POSITIVE_INFINITY;
    for (const kind of "list" in faults ? faults.list : schedule(faults.kinds, chance)) {
      if (Date.now() > end) return;
      const from = Date.now() - BEFORE;
      // Of its own, as how often it is asked depends on how many connections there are.
      const what = await commit(kind, stage, new Chance(seed + ++count));
      // Whoever has noticed nothing yet does so within the heartbeats' patience.
      await pause(this.#settings.calm);
      const mended = (): boolean => stage.whole && this.#connected === this.#settings.clients;
      const back = await this.#until(mended, RETURN);
      const until = Date.now();
      this.#disturbances.push({ kind, from, until });
      log(
        `  ${new Date(from + BEFORE).toISOString().slice(14, 23)} ${what}; whole after ${seconds(until - from - BEFORE)}${this.#away(from)}`,
      );
      if (!back) {
        const missing = this.#settings.clients - this.#connected;
        const who = missing > 0 ? `${missing} clients` : "the cluster";
        this.#flaws.push(`${who} did not come back within ${RETURN / 1000} s: ${what}`);
        return;
      }
      await pause(this.#settings.calm);
    }
  }

  /** For how long clients were away because of what began at this time. */
  #away(since: number): string {
    const absences = this.#subscribers.flatMap((subscriber) => subscriber.absences);
    const lengths = absences.filter(({ from }) => from > since).map(({ from, until }) => until - from);
    const sorted = lengths.toSorted((a, b) => a - b);
    const [median, longest] = [sorted[sorted.length >> 1], sorted.at(-1)];
    if (median === undefined || longest === undefined) return "";
    return `; ${sorted.length} absences, of ${seconds(median)} in the middle and ${seconds(longest)} at most`;
  }

  async #hush(stage: Stage, sources: readonly Source[]): Promise<void> {
    for (const source of sources) {
      source.stop();
      for (const [stream, count] of source.sent) this.#sendings.count(stream, count);
    }
    this.#hushed = 0;
    for (const server of stage.servers) server.tell("hush");
    const ordering = this.#ordering(stage.logged);
    const stopped = Promise.all(ordering.map((subscriber) => subscriber.stop())).then(() => true);
    if (!(await Promise.race([stopped, pause(ARRIVAL, false)]))) {
      const waiting = ordering.filter(({ waitsFor }) => waitsFor !== undefined);
      const who = waiting.map((client) => client.tell(`waits for order ${client.waitsFor}`));
      this.#flaws.push(`orders were not answered within ${ARRIVAL / 1000} s: ${who.join("; ")}`);
    }
    if (!(await this.#until(() => this.#hushed === stage.servers.length, ARRIVAL))) {
      this.#flaws.push("a server does not tell what it has sent");
    }
    await this.#until(() => this.#isComplete(stage.logged), ARRIVAL);
    // What should not come has time to.
    await pause(this.#settings.calm);
  }

  #isComplete(logged: boolean): boolean {
    if (!logged) return true;
    const clients = this.#of("/logged");
    return (
      tallyLogged(clients, this.#sendings, this.#reasons).lost +
        tallyReliable(clients, this.#handlings).lost ===
      0
    );
  }

  #report(logged: boolean): Report {
    const ordering = this.#ordering(logged);
    const accounts = [
      tallyPlain(this.#of("/plain"), this.#sendings, this.#disturbances, 2 * this.#settings.heartbeat),
      ...(logged ? [tallyLogged(this.#of("/logged"), this.#sendings, this.#reasons)] : []),
      tallyRetries(ordering, this.#handlings, this.#disturbances, logged),
      ...(logged ? [tallyReliable(ordering, this.#handlings)] : []),
    ];
    return { accounts, flaws: this.#flaws };
  }

  async #until(done: () => boolean, timeout: number): Promise<boolean> {
    for (const end = Date.now() + timeout; !done(); await pause(50)) if (Date.now() > end) return false;
    return true;
  }
}
