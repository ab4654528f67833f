/** Which topics this server listens to: those of rooms that it has members of, and a while longer. */
import { type Clock, type Deadline, DeadlineQueue } from "@sockeye/core";
import type { Undo } from "./bus.ts";

interface Subscription extends Deadline {
  topic: string;
  /** How many reasons there are to listen. */
  reasons: number;
  made: Promise<Undo>;
  active: boolean;
}

/** Subscribes a topic with the first reason to listen to it, and undoes that some time after the last. */
export class Interest {
  readonly #subscribe: (topic: string) => Promise<Undo>;
  readonly #failed: (error: unknown) => void;
  readonly #subscriptions = new Map<string, Subscription>();
  readonly #idle: DeadlineQueue<Subscription>;

  constructor(
    clock: Clock,
    linger: number,
    subscribe: (topic: string) => Promise<Undo>,
    failed: (error: unknown) => void,
  ) {
    this.#subscribe = subscribe;
    this.#failed = failed;
    this.#idle = new DeadlineQueue(clock, linger, (subscription) => this.#end(subscription));
  }

  /** How many topics are subscribed. */
  get size(): number {
    return this.#subscriptions.size;
  }

  /** One more reason to listen; a promise when messages do not arrive yet. */
  add(topic: string): Promise<void> | undefined {
    let subscription = this.#subscriptions.get(topic);
    if (!subscription) subscription = this.#begin(topic);
    else if (subscription.reasons === 0) this.#idle.remove(subscription);
    subscription.reasons++;
    return this.pending(topic);
  }

  /** A promise when there is a reason to listen, and messages do not arrive yet. */
  pending(topic: string): Promise<void> | undefined {
    return this.isPending(topic) ? this.#subscriptions.get(topic)?.made.then(() => {}) : undefined;
  }

  isPending(topic: string): boolean {
    return this.#subscriptions.get(topic)?.active === false;
  }

  /** Whether it is subscribed, or about to be. */
  has(topic: string): boolean {
    return this.#subscriptions.has(topic);
  }

  /** One reason less. */
  remove(topic: string): void {
    const subscription = this.#subscriptions.get(topic);
    if (subscription && --subscription.reasons === 0) this.#idle.renew(subscription);
  }

  /** Listens to nothing any longer. */
  clear(): void {
    for (const subscription of this.#subscriptions.values()) {
      this.#idle.remove(subscription);
      this.#end(subscription);
    }
  }

  #begin(topic: string): Subscription {
    const subscription: Subscription = {
      topic,
      reasons: 0,
      made: this.#subscribe(topic),
      active: false,
      deadline: 0,
      previousDeadline: undefined,
      nextDeadline: undefined,
    };
    this.#subscriptions.set(topic, subscription);
    subscription.made.then(
      () => {
        subscription.active = true;
      },
      (error) => {
        if (this.#subscriptions.get(topic) === subscription) this.#subscriptions.delete(topic);
        this.#failed(error);
      },
    );
    return subscription;
  }

  #end(subscription: Subscription): void {
    this.#subscriptions.delete(subscription.topic);
    // A subscription that failed has been reported, and there is nothing to undo.
    subscription.made.then(
      (undo) => undo(),
      () => {},
    );
  }
}
