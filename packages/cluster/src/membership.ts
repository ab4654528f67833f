/** Who is in the cluster: servers that say hello, live, say goodbye, or fall silent. */
import { type Clock, type Deadline, DeadlineQueue, type Timer } from "@sockeye/core";
import type { NodeId, Presence } from "./message.ts";

/** What membership needs of its server. */
export interface MembershipHome {
  /** Tells all servers, or the given one only. */
  say(kind: Presence["kind"], to?: NodeId): void;
  joined(node: NodeId): void;
  left(node: NodeId): void;
}

interface Peer extends Deadline {
  id: NodeId;
}

/** Of how many servers it is remembered that they have said goodbye. */
const MAX_DEPARTED = 1_000;

/** Whatever is heard of a server is a sign of life; silence for `timeout` milliseconds is the end of it. */
export class Membership {
  readonly #clock: Clock;
  readonly #interval: number;
  readonly #home: MembershipHome;
  readonly #peers = new Map<NodeId, Peer>();
  /** Servers that have said goodbye: what they still have to say does not bring them back. */
  readonly #departed = new Set<NodeId>();
  readonly #alive: DeadlineQueue<Peer>;
  #timer: Timer;

  constructor(clock: Clock, times: { interval: number; timeout: number }, home: MembershipHome) {
    this.#clock = clock;
    this.#interval = times.interval;
    this.#home = home;
    this.#alive = new DeadlineQueue(clock, times.timeout, (peer) => this.leave(peer.id));
  }

  /** The other servers. */
  get peers(): ReadonlySet<NodeId> {
    return new Set(this.#peers.keys());
  }

  /** The other server whose id begins so. */
  find(beginning: string): NodeId | undefined {
    for (const id of this.#peers.keys()) if (id.startsWith(beginning)) return id;
    return undefined;
  }

  get size(): number {
    return this.#peers.size;
  }

  /** Says hello, and that this server lives from time to time. */
  start(): void {
    this.#home.say("hello");
    this.#clock.clearTimeout(this.#timer);
    this.#timer = this.#clock.setTimeout(() => this.#beat(), this.#interval);
  }

  stop(): void {
    this.#home.say("goodbye");
    this.#clock.clearTimeout(this.#timer);
    this.clear();
  }

  /** Nobody can be heard any longer. */
  clear(): void {
    for (const id of [...this.#peers.keys()]) this.leave(id);
  }

  /** A server was heard. */
  heard(id: NodeId): void {
    if (this.#departed.has(id)) return;
    const known = this.#peers.get(id);
    const peer = known ?? { id, deadline: 0, previousDeadline: undefined, nextDeadline: undefined };
    this.#alive.renew(peer);
    if (known) return;
    this.#peers.set(id, peer);
    this.#home.joined(id);
  }

  /** A server said hello: it does not know this one yet. Who has not said hello itself does so later. */
  welcome(id: NodeId): void {
    if (this.#departed.delete(id)) this.heard(id);
    if (this.#timer !== undefined) this.#home.say("heartbeat", id);
  }

  /** A server said goodbye. */
  depart(id: NodeId): void {
    const [longest] = this.#departed;
    if (this.#departed.size >= MAX_DEPARTED && longest !== undefined) this.#departed.delete(longest);
    this.#departed.add(id);
    this.leave(id);
  }

  leave(id: NodeId): void {
    const peer = this.#peers.get(id);
    if (!peer) return;
    this.#peers.delete(id);
    this.#alive.remove(peer);
    this.#home.left(id);
  }

  #beat(): void {
    this.#home.say("heartbeat");
    this.#timer = this.#clock.setTimeout(() => this.#beat(), this.#interval);
  }
}
