/** How the servers of a cluster tell each other who is in their rooms, over server-side events. */
import type { Clock, Timer, Untyped } from "@sockeye/core";
import type { RoomUser } from "./options.ts";
import type { Change, Roster, Share } from "./roster.ts";

/** The event between servers. */
export const CLUSTER_EVENT = "sockeye:rooms";

/** In milliseconds: how often a server with people in its rooms shows that it lives, and for how long that counts. */
const BEAT = 5000;
const LIFE = 3 * BEAT + 1000;

type Message =
  | { kind: "share"; origin: string; room: string; user: RoomUser; share: Share }
  | { kind: "alive"; origin: string }
  | { kind: "sync"; origin: string };

interface ReplicationHome {
  readonly clock: Clock;
  readonly roster: Roster;
  send(message: Message): void;
  changed(changes: Change[]): void;
}

/**
 * Each server is the only one to speak for its connections; the others add up what they are told, and forget a server
 * that has been silent. A server that hears of an unknown one asks it to repeat what it has told.
 */
export class Replication {
  readonly #home: ReplicationHome;
  readonly #origin: string;
  readonly #others = new Map<string, Timer>();
  #beat: Timer;

  constructor(home: ReplicationHome, origin: string) {
    this.#home = home;
    this.#origin = origin;
    home.send({ kind: "sync", origin });
  }

  /** Something has changed on this server. */
  tell(room: string, user: RoomUser, share: Share): void {
    const { roster, send, changed } = this.#home;
    const change = roster.set(this.#origin, room, user, share);
    send({ kind: "share", origin: this.#origin, room, user, share });
    if (change) changed([change]);
    this.#beat ??= this.#after(BEAT, () => this.#pulse());
  }

  /** What another server says; anything else is ignored. */
  receive(message: Untyped): void {
    if (typeof message?.origin !== "string" || message.origin === this.#origin) return;
    const { kind, origin } = message;
    if (kind === "sync") this.#repeat();
    else if (kind === "alive") this.#meet(origin, true);
    else if (kind === "share" && isShare(message)) {
      this.#meet(origin, !this.#others.has(origin));
      const change = this.#home.roster.set(origin, message.room, message.user, message.share);
      if (change) this.#home.changed([change]);
    }
  }

  #meet(origin: string, mayBeNew: boolean): void {
    const { clock, roster, changed, send } = this.#home;
    const known = this.#others.has(origin);
    clock.clearTimeout(this.#others.get(origin));
    const forget = (): void => {
      this.#others.delete(origin);
      changed(roster.drop(origin));
    };
    this.#others.set(origin, this.#after(LIFE, forget));
    if (!known && mayBeNew) send({ kind: "sync", origin: this.#origin });
  }

  #repeat(): void {
    const origin = this.#origin;
    for (const told of this.#home.roster.sharesOf(origin))
      this.#home.send({ kind: "share", origin, ...told });
  }

  #pulse(): void {
    const busy = this.#home.roster.sharesOf(this.#origin).length > 0;
    this.#beat = busy ? this.#after(BEAT, () => this.#pulse()) : undefined;
    if (busy) this.#home.send({ kind: "alive", origin: this.#origin });
  }

  #after(ms: number, task: () => void): Timer {
    const timer = this.#home.clock.setTimeout(task, ms);
    // Nobody's process waits for it.
    (timer as { unref?(): void }).unref?.();
    return timer;
  }
}

function isShare({ room, user, share }: Untyped): boolean {
  const countable = Number.isSafeInteger(share?.live) && share.live >= 0 && typeof share.away === "boolean";
  return typeof room === "string" && typeof user?.id === "string" && countable;
}
