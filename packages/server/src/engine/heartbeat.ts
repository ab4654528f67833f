/** Who is alive: pings, and the deadlines for their answers, for all sessions of a server with one timer each. */
import { type Clock, type Deadline, DeadlineQueue } from "@sockeye/core";

/** Where a session stands between two pings. */
export type Pulse = "stopped" | "resting" | "awaiting" | "extended" | "listening";

/**
 * A deadline noticed so many milliseconds late means that the process was busy or asleep. What the clients sent
 * meanwhile has not been read yet: they are judged after it has, so that one long pause does not cost all of them.
 */
const LATE = 50;

/** A session that is kept alive. The `pulse` and the deadline's fields belong to {@link Heartbeat}. */
export interface HeartbeatMember extends Deadline {
  pulse: Pulse;
  /** A ping is due. */
  onPingDue(): void;
  /** No sign of life came in time. */
  onPingTimeout(): void;
}

/**
 * Engine.IO v4: the server pings every `pingInterval` and expects a pong within `pingTimeout`, extended once
 * when any other packet arrives meanwhile. Engine.IO v3: the client pings, and is lost after both durations.
 */
export class Heartbeat {
  readonly #resting: DeadlineQueue<HeartbeatMember>;
  readonly #awaiting: DeadlineQueue<HeartbeatMember>;
  readonly #listening: DeadlineQueue<HeartbeatMember>;

  /** Both durations in milliseconds. */
  constructor(clock: Clock, pingInterval: number, pingTimeout: number) {
    const lose = (member: HeartbeatMember): void => this.#lose(member);
    this.#resting = new DeadlineQueue(clock, pingInterval, (member) => this.#ping(member));
    this.#awaiting = new DeadlineQueue(clock, pingTimeout, lose);
    this.#listening = new DeadlineQueue(clock, pingInterval + pingTimeout, lose);
  }

  /** Starts with a rest: the first ping is due one interval from now. */
  start(member: HeartbeatMember, protocol: number): void {
    if (protocol === 3) this.#listen(member);
    else this.#rest(member);
  }

  /** The expected sign of life: a pong (v4) or a ping (v3). */
  onBeat(member: HeartbeatMember): void {
    if (member.pulse === "listening") this.#listening.renew(member);
    else if (member.pulse === "awaiting" || member.pulse === "extended") {
      this.#awaiting.remove(member);
      this.#rest(member);
    }
  }

  /** Any other packet: proves that the client lives, but a client that never answers is still noticed. */
  onActivity(member: HeartbeatMember): void {
    if (member.pulse !== "awaiting") return;
    member.pulse = "extended";
    this.#awaiting.renew(member);
  }

  stop(member: HeartbeatMember): void {
    const queue = this.#queueOf(member.pulse);
    member.pulse = "stopped";
    queue?.remove(member);
  }

  #queueOf(pulse: Pulse): DeadlineQueue<HeartbeatMember> | undefined {
    switch (pulse) {
      case "stopped":
        return undefined;
      case "resting":
        return this.#resting;
      case "awaiting":
      case "extended":
        return this.#awaiting;
      case "listening":
        return this.#listening;
    }
  }

  #rest(member: HeartbeatMember): void {
    member.pulse = "resting";
    this.#resting.renew(member);
  }

  #listen(member: HeartbeatMember): void {
    member.pulse = "listening";
    this.#listening.renew(member);
  }

  #ping(member: HeartbeatMember): void {
    member.pulse = "awaiting";
    this.#awaiting.renew(member);
    member.onPingDue();
  }

  #lose(member: HeartbeatMember): void {
    const { deadline, pulse } = member;
    const lateness = this.#queueOf(pulse)?.lateness(member) ?? 0;
    if (lateness < LATE) timeOut(member);
    else
      setImmediate(() => {
        if (member.pulse === pulse && member.deadline === deadline) timeOut(member);
      });
  }
}

function timeOut(member: HeartbeatMember): void {
  member.pulse = "stopped";
  member.onPingTimeout();
}
