/** A session on its way to a better transport (Engine.IO v4, "Upgrade"): both at once, nothing lost. */
import type { Clock, Timer } from "@sockeye/core";
import { byteLength } from "./prepared.ts";
import type { Packet, Transport, TransportOwner } from "./transport.ts";

/** What an upgrade needs of its session. */
export interface Upgradable {
  /** The transport that the session still uses. */
  readonly transport: Transport;
  /** The client has seen the answer to its probe. */
  onUpgrading(candidate: Transport): void;
  /** Makes the candidate the session's transport. */
  adopt(candidate: Transport): void;
  /** The upgrade is given up; the session stays where it is, unless messages were lost. */
  onUpgradeFailed(lost: boolean): void;
}

/**
 * - `probing`: the candidate is open and owes the probe;
 * - `confirmed`: the probe is answered, waiting polls are ended with a noop, the client owes the `upgrade`;
 * - `settling`: the client has moved, and a POST of the old transport is still on its way: what the candidate
 *   receives is held back, so that it stays behind what was sent before;
 * - `over`: adopted or given up.
 */
type State = "probing" | "confirmed" | "settling" | "over";

// Engine.IO v4, "Upgrade": polls are released again as long as the client has not paused.
const NOOP_INTERVAL = 100;

export interface UpgradeLimits {
  /** Milliseconds until the upgrade is given up. */
  upgradeTimeout: number;
  /** Most bytes that are held back while settling. */
  maxHeldBytes: number;
}

export class Upgrade implements TransportOwner {
  readonly #session: Upgradable;
  readonly #candidate: Transport;
  readonly #clock: Clock;
  readonly #limits: UpgradeLimits;
  readonly #timeout: Timer;
  #noopTimer: Timer;
  #state: State = "probing";
  #held: Packet[] = [];
  #heldBytes = 0;

  constructor(session: Upgradable, candidate: Transport, clock: Clock, limits: UpgradeLimits) {
    this.#session = session;
    this.#candidate = candidate;
    this.#clock = clock;
    this.#limits = limits;
    this.#timeout = clock.setTimeout(() => this.abandon(), limits.upgradeTimeout);
    candidate.owner = this;
  }

  onPacket(packet: Packet): void {
    if (this.#state === "probing" && packet.type === "ping" && packet.data === "probe") this.#confirm();
    else if (this.#state === "confirmed" && packet.type === "upgrade") this.#settle();
    else if (this.#state === "settling") this.#hold(packet, 0);
    else this.abandon();
  }

  onMessage(data: string | Buffer): void {
    if (this.#state === "settling") this.#hold({ type: "message", data }, byteLength(data));
    else this.abandon();
  }

  onReady(): void {}

  onDrain(): void {}

  onClose(): void {
    this.abandon();
  }

  /** Gives up: the candidate closes, the session stays on its transport. */
  abandon(): void {
    if (this.#state === "over") return;
    // The client has left the old transport, and what it sent is held here: there is no way back.
    const lost = this.#state === "settling";
    this.#end();
    this.#candidate.owner = undefined;
    this.#candidate.close();
    this.#session.onUpgradeFailed(lost);
  }

  #confirm(): void {
    this.#state = "confirmed";
    this.#candidate.send([{ type: "pong", data: "probe" }]);
    this.#session.onUpgrading(this.#candidate);
    this.#scheduleNoop();
  }

  #scheduleNoop(): void {
    this.#noopTimer = this.#clock.setTimeout(() => {
      this.#releasePoll();
      this.#scheduleNoop();
    }, NOOP_INTERVAL);
  }

  #releasePoll(): void {
    const { transport } = this.#session;
    if (transport.writable) transport.send([{ type: "noop" }]);
  }

  #settle(): void {
    this.#state = "settling";
    this.#clock.clearTimeout(this.#noopTimer);
    this.#session.transport.whenSettled(() => {
      if (this.#state === "settling") this.#complete();
    });
  }

  #hold(packet: Packet, bytes: number): void {
    this.#held.push(packet);
    this.#heldBytes += bytes;
    if (this.#heldBytes > this.#limits.maxHeldBytes) this.abandon();
  }

  #complete(): void {
    const held = this.#held;
    const candidate = this.#candidate;
    this.#end();
    this.#session.adopt(candidate);
    for (const packet of held) {
      if (packet.type === "message") candidate.owner?.onMessage(packet.data as string | Buffer, candidate);
      else candidate.owner?.onPacket(packet, candidate);
    }
  }

  #end(): void {
    this.#state = "over";
    this.#held = [];
    this.#clock.clearTimeout(this.#timeout);
    this.#clock.clearTimeout(this.#noopTimer);
  }
}
