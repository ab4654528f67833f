/** A cluster whose servers notice by themselves who comes and goes. */
import { type Clock, type Deadline, DeadlineQueue, type Timer, type Untyped } from "@sockeye/core";
import { ClusterAdapter } from "./cluster-adapter.ts";
import {
  type ClusterMessage,
  type ClusterResponse,
  type MessageBody,
  MessageType,
  type ServerId,
} from "./cluster-message.ts";
import type { Audience } from "./gathering.ts";

/** How servers notice one another. */
export interface ClusterAdapterOptions {
  /** Milliseconds between two heartbeats; 5,000 by default. */
  heartbeatInterval?: number;
  /** Milliseconds without a heartbeat after which a server counts as down; 10,000 by default. */
  heartbeatTimeout?: number;
  /** The clock; the system's by default. */
  clock?: Clock;
}

interface Node extends Deadline {
  uid: ServerId;
}

/** Emitters publish under this name; they are no servers and answer nothing. */
const EMITTER = "emitter";

/** A {@link ClusterAdapter} that counts the servers by their heartbeats and does not wait for those that died. */
export abstract class ClusterAdapterWithHeartbeat extends ClusterAdapter {
  readonly #interval: number;
  readonly #nodes = new Map<ServerId, Node>();
  readonly #alive: DeadlineQueue<Node>;
  #timer: Timer;

  protected constructor(nsp: Untyped, opts: ClusterAdapterOptions = {}) {
    super(nsp, opts.clock);
    this.#interval = opts.heartbeatInterval ?? 5_000;
    const timeout = opts.heartbeatTimeout ?? 10_000;
    this.#alive = new DeadlineQueue(this.clock, timeout, (node) => this.#remove(node.uid));
  }

  override init(): void {
    this.publish({ type: MessageType.INITIAL_HEARTBEAT });
  }

  override close(): void {
    this.publish({ type: MessageType.ADAPTER_CLOSE });
    this.clock.clearTimeout(this.#timer);
    for (const uid of [...this.#nodes.keys()]) this.#remove(uid);
  }

  override onMessage(message: ClusterMessage | ClusterResponse, offset?: string): void {
    if (message.uid === this.uid) return;
    if (message.uid !== EMITTER) this.#see(message);
    super.onMessage(message, offset);
  }

  override serverCount(): Promise<number> {
    return Promise.resolve(1 + this.#nodes.size);
  }

  override publish(message: MessageBody): void {
    // Whatever is published proves that this server is alive.
    this.clock.clearTimeout(this.#timer);
    if (message.type !== MessageType.ADAPTER_CLOSE) this.#beatLater();
    super.publish(message);
  }

  protected override audience(): Promise<Audience> {
    return Promise.resolve(new Set(this.#nodes.keys()));
  }

  #beatLater(): void {
    this.#timer = this.clock.setTimeout(() => this.publish({ type: MessageType.HEARTBEAT }), this.#interval);
  }

  #see({ uid, type }: ClusterMessage | ClusterResponse): void {
    if (type === MessageType.ADAPTER_CLOSE) {
      this.#remove(uid);
      return;
    }
    const node = this.#nodes.get(uid) ?? {
      uid,
      deadline: 0,
      previousDeadline: undefined,
      nextDeadline: undefined,
    };
    this.#nodes.set(uid, node);
    this.#alive.renew(node);
    if (type === MessageType.INITIAL_HEARTBEAT) this.publish({ type: MessageType.HEARTBEAT });
  }

  #remove(uid: ServerId): void {
    const node = this.#nodes.get(uid);
    if (!node) return;
    this.#nodes.delete(uid);
    this.#alive.remove(node);
    this.forget(uid);
  }
}
