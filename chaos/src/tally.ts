/** The account of a run: what was sent, and what became of it, in each mode. */
import type { FaultKind } from "./faults.ts";
import { clockOf, type Subscriber } from "./subscriber.ts";
import { roomsOf, type Stream } from "./traffic.ts";

/** One line of the account; counted in deliveries: a message to 50 clients is sent 50 times. */
export interface Account {
  readonly mode: string;
  readonly promise: string;
  sent: number;
  delivered: number;
  duplicated: number;
  reordered: number;
  lost: number;
  /** What breaks the promise, in words. */
  readonly broken: string[];
  /** What may help to find out why. */
  readonly details: string[];
}

/** When something was broken, from its beginning until all clients were there again; milliseconds of the epoch. */
export interface Disturbance {
  readonly kind: FaultKind;
  readonly from: number;
  until: number;
}

/** When each message was sent, and how many there are of each stream. */
export class Sendings {
  /** Of each source, which says something by all its streams at a time: a room may be without clients for a moment. */
  readonly #times = new Map<string, number[]>();
  /** The last number that anybody has heard of. */
  readonly #heard = new Map<Stream, number>();
  readonly #counts = new Map<Stream, number>();

  note(stream: Stream, number: number, at: number): void {
    this.#heard.set(stream, Math.max(number, this.#heard.get(stream) ?? 0));
    const source = sourceOf(stream);
    const times = this.#times.get(source) ?? [];
    this.#times.set(source, times);
    times[number] ??= at;
  }

  /** A source has said how many there are. */
  count(stream: Stream, count: number): void {
    this.#counts.set(stream, count);
  }

  /** The streams of a mode for a client. */
  *streamsFor(mode: string, client: number): Generator<Stream> {
    const rooms = roomsOf(client);
    for (const stream of new Set([...this.#heard.keys(), ...this.#counts.keys()])) {
      const [, room = ""] = stream.split("/");
      if (stream.startsWith(mode) && rooms.includes(room)) yield stream;
    }
  }

  /** How many; of a source that was killed, as many as anybody has heard of. */
  sent(stream: Stream): number {
    return this.#counts.get(stream) ?? this.#heard.get(stream) ?? 0;
  }

  /** When it was sent, or the next one of its source that is known of. */
  timeOf(stream: Stream, number: number): number | undefined {
    const times = this.#times.get(sourceOf(stream)) ?? [];
    for (let later = number; later < times.length; later++) if (times[later]) return times[later];
    return undefined;
  }
}

const sourceOf = (stream: Stream): string => stream.slice(0, stream.indexOf("/"));

const blank = (mode: string, promise: string): Account => ({
  mode,
  promise,
  sent: 0,
  delivered: 0,
  duplicated: 0,
  reordered: 0,
  lost: 0,
  broken: [],
  details: [],
});

function complain({ broken }: Account, counts: Record<string, number>): void {
  for (const [what, count] of Object.entries(counts)) if (count > 0) broken.push(`${count} ${what}`);
}

/**
 * Broadcasts without a log: no duplicates and in order on a connection; lost only while something was broken.
 * @param unnoticed for so many milliseconds a connection may be lost and nobody has noticed
 */
export function tallyPlain(
  clients: readonly Subscriber[],
  sendings: Sendings,
  disturbances: readonly Disturbance[],
  unnoticed: number,
): Account {
  const account = blank("plain", "at most once per connection, in order; lost only around faults");
  let unexplained = 0;
  const explained = (at: number | undefined, client: Subscriber): boolean =>
    at === undefined ||
    disturbances.some(({ from, until }) => at >= from && at <= until) ||
    client.absences.some(({ from, until }) => at >= from - unnoticed && at <= until);
  const losses = new Losses();
  addStreams(account, clients, sendings, (stream, number, client) => {
    const at = sendings.timeOf(stream, number);
    if (explained(at, client)) return;
    unexplained++;
    losses.note(client, stream, number, at);
  });
  account.details.push(...losses.lines(clients));
  const { duplicated, reordered } = account;
  complain(account, { duplicated, reordered, "lost while nothing was broken": unexplained });
  return account;
}

/**
 * Broadcasts through a log: exactly once, in order.
 * @param reasons why servers could not recover whom, and how often; also of attempts that the client gave up
 */
export function tallyLogged(
  clients: readonly Subscriber[],
  sendings: Sendings,
  reasons: ReadonlyMap<string, number>,
): Account {
  const account = blank("recovered", "once, in order");
  const losses = new Losses();
  addStreams(account, clients, sendings, (stream, number, client) =>
    losses.note(client, stream, number, sendings.timeOf(stream, number)),
  );
  account.details.push(...losses.lines(clients));
  const { duplicated, reordered, lost } = account;
  const anew = clients.reduce((sum, client) => sum + client.anew, 0);
  complain(account, {
    duplicated,
    reordered,
    lost,
    [`recoveries failed (${[...reasons.keys()].join(", ")})`]: anew,
  });
  return account;
}

/** Who has lost what, and what had happened to his connection. */
class Losses {
  readonly #byClient = new Map<Subscriber, string[]>();

  note(client: Subscriber, stream: Stream, number: number, at: number | undefined): void {
    const lost = this.#byClient.get(client) ?? [];
    this.#byClient.set(client, lost);
    lost.push(`${stream} ${number} of ${clockOf(at)}`);
  }

  /** Of those who have lost something, or were sent what they should not have been. */
  *lines(clients: readonly Subscriber[]): Generator<string> {
    for (const client of clients) {
      const lost = this.#byClient.get(client);
      if (!lost && !client.odd) continue;
      yield client.tell(`misses ${lost?.slice(0, 10).join(", ") ?? "nothing"}`);
    }
  }
}

function addStreams(
  account: Account,
  clients: readonly Subscriber[],
  sendings: Sendings,
  missing: (stream: Stream, number: number, client: Subscriber) => void,
): void {
  for (const client of clients) {
    const { settings, streams } = client;
    for (const stream of sendings.streamsFor(settings.path.slice(1), settings.client)) {
      const sent = sendings.sent(stream);
      account.sent += sent;
      const reception = streams.get(stream);
      account.delivered += reception?.delivered ?? 0;
      account.duplicated += reception?.duplicated ?? 0;
      account.reordered += reception?.reordered ?? 0;
      for (const number of reception?.lost(sent) ?? upTo(sent)) {
        account.lost++;
        missing(stream, number, client);
      }
    }
  }
}

function* upTo(last: number): Generator<number> {
  for (let number = 1; number <= last; number++) yield number;
}

/** Each time that a handler has run for an order. */
export interface Handling {
  readonly server: string;
  readonly client: number;
  readonly number: number;
  readonly at: number;
}

/** Faults by which a server, or the engine, may not come to record that an order was handled. */
const UNRECORDED: ReadonlySet<FaultKind> = new Set(["kill", "suspend", "bus"]);

/**
 * Orders of the clients, with `retries`. A handler may run again when its server, or the engine, was stopped before the
 * order was recorded as handled: an effect outside of the cluster cannot be recorded in one step with it.
 */
export function tallyRetries(
  clients: readonly Subscriber[],
  handlings: readonly Handling[],
  disturbances: readonly Disturbance[],
  ledger: boolean,
): Account {
  const promise = ledger
    ? "handled once, in order; again only when stopped in between"
    : "handled at least once, in order";
  const account = blank("retries", promise);
  const byClient = new Map<number, Handling[]>();
  for (const handling of handlings) {
    const own = byClient.get(handling.client);
    if (own) own.push(handling);
    else byClient.set(handling.client, [handling]);
  }
  let unexplained = 0;
  let mistaken = 0;
  for (const client of clients) {
    account.sent += client.answered;
    mistaken += client.mistaken;
    const runs = new Map<number, Handling>();
    let highest = 0;
    for (const run of byClient.get(client.settings.client)?.toSorted((a, b) => a.at - b.at) ?? []) {
      const earlier = runs.get(run.number);
      if (earlier) {
        account.duplicated++;
        const stopped = disturbances.some(
          ({ kind, from, until }) => UNRECORDED.has(kind) && earlier.at <= until && run.at >= from,
        );
        if (!stopped) {
          unexplained++;
          const runs = [earlier, run].map(({ server, at }) => `${server} ${clockOf(at)}`);
          account.details.push(client.tell(`had order ${run.number} handled by ${runs.join(" and ")}`));
        }
      } else if (run.number < highest) account.reordered++;
      highest = Math.max(highest, run.number);
      runs.set(run.number, run);
    }
    account.delivered += runs.size;
    for (const number of upTo(client.answered)) if (!runs.has(number)) account.lost++;
  }
  const { reordered, lost } = account;
  complain(account, { reordered, lost, "answered wrongly": mistaken });
  if (ledger) complain(account, { "handled again, and nothing was stopped in between": unexplained });
  return account;
}

/**
 * Confirmations of the servers, by `socket.reliable`: one for each order that was answered. A handler that runs again
 * confirms again; what it says the second time is another event.
 */
export function tallyReliable(clients: readonly Subscriber[], handlings: readonly Handling[]): Account {
  const account = blank("reliable", "once, in order; again only from a handler that ran again");
  let unexplained = 0;
  for (const client of clients) {
    const { settings, answered, confirmed, confirmedAgain } = client;
    for (const number of new Set(confirmedAgain)) {
      const runs = handlings.filter((run) => run.client === settings.client && run.number === number).length;
      const copies = 1 + confirmedAgain.filter((again) => again === number).length;
      if (copies > runs) {
        unexplained += copies - runs;
        account.details.push(client.tell(`had ${copies} confirmations of order ${number}, handled ${runs}x`));
      }
    }
    account.sent += answered;
    account.delivered += confirmed.delivered;
    account.duplicated += confirmed.duplicated;
    account.reordered += confirmed.reordered;
    const lost = [...confirmed.lost(answered)];
    account.lost += lost.length;
    if (lost.length > 0) account.details.push(client.tell(`misses the confirmations of ${lost.join(", ")}`));
  }
  const { reordered, lost } = account;
  complain(account, { "came twice from one run": unexplained, reordered, lost });
  return account;
}
