/** A client that counts what it is sent, and may order things until it is told to stop. */
import { setTimeout as pause } from "node:timers/promises";
import { io, type Socket } from "@sockeye/client";
import { Reception } from "./reception.ts";
import type { Stream } from "./traffic.ts";

/** How a client is to be. */
export interface SubscriberSettings {
  url: string;
  path: "/plain" | "/logged";
  client: number;
  transports: string[];
  /** Milliseconds between two orders. */
  orders: number;
}

export class Subscriber {
  readonly settings: SubscriberSettings;
  readonly streams: Map<Stream, Reception> = new Map();
  readonly confirmed: Reception = new Reception();
  /** Orders whose confirmation came although it had come before, each time. */
  readonly confirmedAgain: number[] = [];
  /** How many orders have been answered. */
  answered = 0;
  /** The order that is not answered yet. */
  waitsFor: number | undefined;
  /** Answers that were not those to the order at hand. */
  mistaken = 0;
  /** How often it came back as somebody new. */
  anew = 0;
  /** What has happened to its connection, and when; and messages that should not have come so. */
  readonly history: Array<{ at: number; up: boolean; what: string }> = [];
  /** Whether such messages have come. */
  odd = false;
  readonly #socket: Socket;
  readonly #stopped = new AbortController();
  #ordering: Promise<void> | undefined;

  /** @param seen learns of each message and when it was sent */
  constructor(settings: SubscriberSettings, seen: (stream: Stream, number: number, at: number) => void) {
    const { url, path, transports, client } = settings;
    this.settings = settings;
    this.#socket = io(url, {
      path,
      transports,
      auth: { client },
      forceNew: true,
      retries: 1_000_000,
      ackTimeout: 3_000,
      timeout: 10_000,
      reconnectionDelay: 100,
      reconnectionDelayMax: 1_000,
    });
    this.#socket.on("tick", (stream: Stream, number: number, at: number) => {
      const oddity = this.#of(stream).take(number);
      if (oddity) {
        this.odd = true;
        this.#note(true, `${oddity}: ${stream} ${number} of ${at}`);
      }
      seen(stream, number, at);
    });
    this.#socket.on("confirm", (number: number) => {
      if (this.confirmed.take(number) === "duplicate") this.confirmedAgain.push(number);
    });
    let first = true;
    this.#socket.on("connect", () => {
      if (!first && !this.#socket.recovered) this.anew++;
      if (path === "/plain") for (const stream of this.streams.values()) stream.reconnect();
      first = false;
      this.#note(true, this.#socket.recovered ? "recovered" : "connected anew");
    });
    this.#socket.on("disconnect", (reason) => this.#note(false, reason));
  }

  /** When it was not connected: busy machines lose connections by themselves. */
  get absences(): Array<{ from: number; until: number }> {
    const absences: Array<{ from: number; until: number }> = [];
    let from: number | undefined = 0;
    for (const { at, up } of this.history) {
      if (up && from !== undefined) absences.push({ from, until: at });
      from = up ? undefined : at;
    }
    if (from !== undefined) absences.push({ from, until: Number.POSITIVE_INFINITY });
    return absences;
  }

  /** Who it is, what is to be said of it, and what has happened to its connection. */
  tell(what: string): string {
    const { client, transports } = this.settings;
    const events = this.history.map(({ at, what }) => `${clockOf(at)} ${what}`);
    return `client ${client} (${transports}) ${what}; ${events.join(", ")}`;
  }

  get connected(): boolean {
    return this.#socket.connected;
  }

  /** Orders one thing after the other, until `stop`. */
  order(): void {
    this.#ordering = this.#order();
  }

  /** Resolves when the last order has been answered. */
  async stop(): Promise<void> {
    this.#stopped.abort();
    await this.#ordering;
  }

  end(): void {
    this.#socket.disconnect();
  }

  #note(up: boolean, what: string): void {
    this.history.push({ at: Date.now(), up, what });
  }

  async #order(): Promise<void> {
    await this.#rest(Math.random() * this.settings.orders);
    for (let number = 1; !this.#stopped.signal.aborted; number++) {
      this.waitsFor = number;
      const answer: unknown = await this.#socket.emitWithAck("order", number);
      this.waitsFor = undefined;
      if (answer !== number) this.mistaken++;
      this.answered++;
      await this.#rest(this.settings.orders);
    }
  }

  /** Until it is time for the next order, or for none. */
  async #rest(milliseconds: number): Promise<void> {
    await pause(milliseconds, undefined, { signal: this.#stopped.signal }).catch(() => {});
  }

  #of(stream: Stream): Reception {
    let reception = this.streams.get(stream);
    if (!reception) {
      reception = new Reception();
      this.streams.set(stream, reception);
    }
    return reception;
  }
}

/** Minutes, seconds and milliseconds. */
export function clockOf(at: number | undefined): string {
  return at === undefined ? "unknown time" : new Date(at).toISOString().slice(14, 23);
}
